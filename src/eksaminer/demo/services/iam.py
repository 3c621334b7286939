"""AWS IAM and STS."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from eksaminer.collect.clock import SystemClock
from eksaminer.demo.model import Role, role_arn, stable_id
from eksaminer.demo.services.world import Operation, World
from eksaminer.demo.wire import AwsError, Call

PAGE = 100


def get_caller_identity(world: World, call: Call) -> Mapping[str, Any]:
    """Tell who asks."""
    caller = world.caller(call)
    session = caller.rpartition("/")[2]
    return {"Account": world.account.id, "Arn": caller, "UserId": f"{_role_id(caller)}:{session}"}


def assume_role(world: World, call: Call) -> Mapping[str, Any]:
    """Give credentials that work like all others here."""
    role = str(call.parameters["RoleArn"])
    session = str(call.parameters["RoleSessionName"])
    assumed = role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + f"/{session}"
    access_key = f"ASIA{stable_id(role, session, length=16).upper()}"
    world.sessions[access_key] = assumed
    return {
        "Credentials": {
            "AccessKeyId": access_key,
            "SecretAccessKey": stable_id("secret", role, session, length=40),
            "SessionToken": stable_id("token", role, session, length=64),
            # By the clock of the machine, which is what the client compares it with, whatever time it is here.
            "Expiration": max(world.now, SystemClock().now()) + timedelta(hours=1),
        },
        "AssumedRoleUser": {"AssumedRoleId": f"{_role_id(role)}:{session}", "Arn": assumed},
    }


def _role_id(name: str) -> str:
    return f"AROA{stable_id(name, length=17).upper()}"


def _paged(world: World, call: Call, key: str, items: list[Any]) -> Mapping[str, Any]:
    size = int(call.parameters.get("MaxItems") or PAGE)
    page, marker = world.page(items, call.parameters.get("Marker"), size)
    return {key: page, "IsTruncated": marker is not None, "Marker": marker}


def list_roles(world: World, call: Call) -> Mapping[str, Any]:
    """List the roles with their trust policies, percent-encoded as IAM does."""
    roles = sorted(world.account.roles, key=lambda role: role.name)
    return _paged(world, call, "Roles", [_described(world, role) for role in roles])


def _described(world: World, role: Role) -> Mapping[str, Any]:
    return {
        "Path": "/",
        "RoleName": role.name,
        "RoleId": _role_id(role.name),
        "Arn": role_arn(world.account.id, role.name),
        "CreateDate": role.created,
        "AssumeRolePolicyDocument": quote(json.dumps(role.trust)),
        "MaxSessionDuration": 3600,
    }


def _role(world: World, call: Call) -> Role:
    name = call.parameters["RoleName"]
    for role in world.account.roles:
        if role.name == name:
            return role
    raise AwsError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)


def get_role(world: World, call: Call) -> Mapping[str, Any]:
    """Describe one role."""
    return {"Role": _described(world, _role(world, call))}


def list_attached_role_policies(world: World, call: Call) -> Mapping[str, Any]:
    """List the managed policies of a role."""
    arns = _role(world, call).policies
    policies = [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in arns]
    return _paged(world, call, "AttachedPolicies", policies)


def list_role_policies(world: World, call: Call) -> Mapping[str, Any]:
    """List the inline policies of a role."""
    return _paged(world, call, "PolicyNames", sorted(_role(world, call).inline))


def get_account_authorization_details(world: World, call: Call) -> Mapping[str, Any]:
    """Describe roles and policies in one listing, as far as the filter asks for them; a page holds some of both."""
    asked: set[str] = set(call.parameters.get("Filter") or ())
    items: list[tuple[str, Any]] = []
    if "Role" in asked:
        items += [("RoleDetailList", _detailed(world, role)) for role in world.account.roles]
    for arn, document in sorted(world.account.policies.items()):
        if ("AWSManagedPolicy" if ":iam::aws:" in arn else "LocalManagedPolicy") in asked:
            items.append(("Policies", _policy(arn, document)))
    page = _paged(world, call, "items", items)
    kinds = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
    listed = {kind: [item for name, item in page["items"] if name == kind] for kind in kinds}
    return {**listed, "IsTruncated": page["IsTruncated"], "Marker": page["Marker"]}


def _detailed(world: World, role: Role) -> Mapping[str, Any]:
    inline = [
        {"PolicyName": name, "PolicyDocument": quote(json.dumps(document))}
        for name, document in sorted(role.inline.items())
    ]
    attached = [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in role.policies]
    details = {**_described(world, role), "RolePolicyList": inline, "AttachedManagedPolicies": attached}
    if role.boundary:
        boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": role.boundary}
        details["PermissionsBoundary"] = boundary
    return details


def _policy(arn: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
    version = {"Document": quote(json.dumps(document)), "VersionId": "v1", "IsDefaultVersion": True}
    return {
        "Arn": arn,
        "PolicyName": arn.rpartition("/")[2],
        "DefaultVersionId": "v1",
        "IsAttachable": True,
        "PolicyVersionList": [version],
    }


def _provider_arn(world: World, issuer: str) -> str:
    return f"arn:aws:iam::{world.account.id}:oidc-provider/{issuer}"


def list_open_id_connect_providers(world: World, _: Call) -> Mapping[str, Any]:
    """List the OpenID Connect providers, all at once."""
    arns = sorted(_provider_arn(world, provider.issuer) for provider in world.account.providers)
    return {"OpenIDConnectProviderList": [{"Arn": arn} for arn in arns]}


def get_open_id_connect_provider(world: World, call: Call) -> Mapping[str, Any]:
    """Describe one OpenID Connect provider."""
    arn = call.parameters["OpenIDConnectProviderArn"]
    for provider in world.account.providers:
        if _provider_arn(world, provider.issuer) == arn:
            return {
                "Url": provider.issuer,
                "ClientIDList": list(provider.client_ids),
                "ThumbprintList": [stable_id(provider.issuer, length=40)],
                "CreateDate": provider.created,
                "Tags": [],
            }
    raise AwsError("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}", 404)


def list_account_aliases(world: World, call: Call) -> Mapping[str, Any]:
    """List the alias of the account."""
    return _paged(world, call, "AccountAliases", [world.account.alias] if world.account.alias else [])


OPERATIONS: Mapping[str, Operation] = {
    "sts:GetCallerIdentity": get_caller_identity,
    "sts:AssumeRole": assume_role,
    "iam:ListRoles": list_roles,
    "iam:GetRole": get_role,
    "iam:GetAccountAuthorizationDetails": get_account_authorization_details,
    "iam:ListAttachedRolePolicies": list_attached_role_policies,
    "iam:ListRolePolicies": list_role_policies,
    "iam:ListOpenIDConnectProviders": list_open_id_connect_providers,
    "iam:GetOpenIDConnectProvider": get_open_id_connect_provider,
    "iam:ListAccountAliases": list_account_aliases,
}
