"""Analyze logs with Log Insights.

The guide: use CloudWatch Logs Insights to monitor changes to RBAC objects, e.g. Roles, RoleBindings,
ClusterRoles, and ClusterRoleBindings. It gives eight sample queries: updates to the aws-auth ConfigMap;
new or changed validating webhooks; create, update and delete operations on Roles, RoleBindings,
ClusterRoles and ClusterRoleBindings; unauthorized read operations against Secrets; failed anonymous requests.

Here they are six rules over audit events. Each quotes the query as published, says what that misses, and
why the rule differs. `NAME.cases.json` beside a rule holds events that fire it and near misses that do not.
"""
