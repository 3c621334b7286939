"""What turned a request away, in one word, and who asked: computed as events are read, so that no message is kept.

The messages are those of the API server (kubernetes staging/src/k8s.io/apiserver and plugin/pkg/admission, 1.36,
and recorded logs of that version); what is not among them counts as some other admission.
"""

from eksaminer.detection.shapes import text as literal
from eksaminer.evidence.scan import Refusal

IS = "is forbidden: "
SAID = {
    Refusal.QUOTA: (f"{IS}exceeded quota", f"{IS}failed quota", f"{IS}insufficient quota"),
    Refusal.POD_SECURITY: (f"{IS}violates PodSecurity",),
    Refusal.TERMINATING: ("because it is being terminated",),
    Refusal.ESCALATION: ("is attempting to grant RBAC permissions not currently held",),
}
"""What stands in the message of a request that the authorizer had allowed."""
DENIED = "denied the request|denied request:"
"""What webhooks and admission policies say, whatever code they answer with."""


def _contains(*words: str) -> str:
    return " OR ".join(f"contains(message, {literal(word)})" for word in words)


def refusal(code: str, message: str, decision: str, user: str) -> str:
    """Return the SQL of the word for what refused an event; the arguments are SQL too."""
    told = " ".join(f"WHEN {_contains(*words)} THEN {literal(word)}" for word, words in SAID.items())
    after = f"CASE {told} WHEN starts_with({user}, 'system:node:') THEN 'node' ELSE 'admission' END"
    return f"""
    CASE WHEN {decision} = 'forbid' THEN 'authorizer' WHEN coalesce({code}, 0) < 400 THEN ''
      WHEN {code} = 401 THEN 'credentials'
      ELSE list_transform([coalesce({message}, '')], lambda message:
        CASE WHEN regexp_matches(message, '{DENIED}') THEN 'admission'
          WHEN {code} <> 403 THEN ''
          WHEN {decision} = 'allow' THEN {after}
          WHEN {_contains("cannot impersonate")} THEN 'impersonation'
          WHEN regexp_matches(message, ' cannot [a-z]+ (resource|path) "') THEN 'authorizer'
          ELSE 'untold' END)[1] END"""


def shown_keys(keys: str) -> str:
    """Return the SQL of the access keys in the list *keys* (SQL): of what kind, and their last four characters."""
    one = "CASE WHEN length(key) BETWEEN 16 AND 128 THEN left(key, 4) || '…' || right(key, 4) ELSE '[redacted]' END"
    return f"list_transform({keys}, lambda key: {one})"


ROLE = r"arn:([a-z-]+):sts::([0-9]*):assumed-role/([^/]+)/(.*)"
"""The ARN of a session; the path of its role does not stand in it."""
ACTOR = f"""
CASE WHEN coalesce(canonical_arns[1], '') <> '' THEN canonical_arns[1]
  WHEN regexp_full_match(coalesce(arns[1], username), '{ROLE}')
    THEN regexp_replace(coalesce(arns[1], username), '{ROLE}', 'arn:\\1:iam::\\2:role/\\3')
  WHEN coalesce(arns[1], '') <> '' THEN arns[1]
  WHEN coalesce(username, '') IN ('', 'system:anonymous') THEN 'anonymous'
  ELSE username END"""
"""The SQL of who asked, for a row of a hit."""
SESSION = f"""
CASE WHEN coalesce(session_names[1], '') <> '' THEN session_names[1]
  ELSE regexp_extract(coalesce(arns[1], username, ''), '^{ROLE}$', 4) END"""
"""The SQL of the name of the session; empty where there is none."""
