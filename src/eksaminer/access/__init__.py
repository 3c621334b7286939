"""What a role is allowed to do: its permission policies, judged as far as policies alone tell it.

Resource policies, policies of the organisation and session policies are not seen here: the first can allow more, the
others less.
"""

from eksaminer.access.escalation import ESCALATIONS, ESCALATIONS_READ, ESCALATIONS_SOURCE, Escalation
from eksaminer.access.grants import Grant, PermissionPolicyError, read_grants
from eksaminer.access.judge import EVERY_SERVICE, Access, Power, ServiceAccess, access_of, in_words

__all__ = [
    "ESCALATIONS",
    "ESCALATIONS_READ",
    "ESCALATIONS_SOURCE",
    "EVERY_SERVICE",
    "Access",
    "Escalation",
    "Grant",
    "PermissionPolicyError",
    "Power",
    "ServiceAccess",
    "access_of",
    "in_words",
    "read_grants",
]
