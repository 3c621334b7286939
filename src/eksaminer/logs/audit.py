"""Events of the Kubernetes audit log, read by the log engine exactly as they are, or not at all."""

from collections.abc import Collection, Iterable

from eksaminer.detection.shapes import text as literal
from eksaminer.logs import decided, sizes

EXTRA = ("arn", "canonicalArn", "sessionName", "accessKeyId")
_USER = "STRUCT(username VARCHAR, uid VARCHAR, groups VARCHAR[]"
COLUMNS = {
    "auditID": "VARCHAR",
    "stage": "VARCHAR",
    "level": "VARCHAR",
    "verb": "VARCHAR",
    "requestURI": "VARCHAR",
    "userAgent": "VARCHAR",
    "sourceIPs": "VARCHAR[]",
    "user": f"{_USER}, extra STRUCT({', '.join(f'{name} VARCHAR[]' for name in EXTRA)}))",
    "impersonatedUser": f"{_USER})",
    "objectRef": (
        "STRUCT(apiGroup VARCHAR, apiVersion VARCHAR, resource VARCHAR, subresource VARCHAR, "
        "namespace VARCHAR, name VARCHAR)"
    ),
    "responseStatus": "STRUCT(code VARCHAR, reason VARCHAR, message VARCHAR)",
    "annotations": (
        'STRUCT("authorization.k8s.io/decision" VARCHAR, "authorization.k8s.io/reason" VARCHAR, '
        '"audit.k8s.io/truncated" VARCHAR)'
    ),
    "requestObject": "JSON",
    "responseObject": "JSON",
    "requestReceivedTimestamp": "VARCHAR",
    "stageTimestamp": "VARCHAR",
    "eksaminer:judged": "BOOLEAN",
    "eksaminer:cut": "BOOLEAN",
}
"""Narrow and explicit: what is not named is skipped, and what has another type stops the statement."""

TEXTS = {
    "audit_id": "auditID",
    "stage": "stage",
    "level": "level",
    "verb": "verb",
    "uri": "requestURI",
    "agent": "userAgent",
    "username": '"user".username',
    "uid": '"user".uid',
    "impersonated": "impersonatedUser.username",
    "api_group": "objectRef.apiGroup",
    "api_version": "objectRef.apiVersion",
    "resource": "objectRef.resource",
    "subresource": "objectRef.subresource",
    "namespace": "objectRef.namespace",
    "name": "objectRef.name",
    "status_reason": "responseStatus.reason",
    "": "responseStatus.message",
    "decision": 'annotations."authorization.k8s.io/decision"',
    "reason": 'annotations."authorization.k8s.io/reason"',
    "truncated": 'annotations."audit.k8s.io/truncated"',
}
"""Where the texts of an event stand, by the column that they are read into; the message is looked at and not kept."""
LISTS = {
    "source_ips": "sourceIPs",
    "user_groups": '"user".groups',
    "arns": '"user".extra.arn',
    "canonical_arns": '"user".extra.canonicalArn',
    "session_names": '"user".extra.sessionName',
    "access_keys": '"user".extra.accessKeyId',
    "impersonated_groups": "impersonatedUser.groups",
}
"""The same of lists of texts."""
GROUPED = (TEXTS.keys() | LISTS.keys()) - {"", "truncated", "access_keys"}
"""The columns that hold what stood in the event as it was."""

NUMBER = r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
STRANGE = (
    f"(item >= '-' AND item < ':' AND NOT item LIKE '%.%.%' AND regexp_full_match(item, '{NUMBER}')) OR item >= '{{' "
    "OR (item >= '[' AND item < '\\') OR item IN ('true', 'false')"
)
"""True where a text may have been a number, an object or the like: the engine turns whatever stands where a text
is expected into one. A line with a text that looks so is judged anew."""


def strange_texts(texts: Iterable[str]) -> str:
    """Return the SQL of whether one of *texts* (SQL) looks strange.

    They are joined by a character that is rare: a single search takes a fifth of the time of as many tests. A text that
    holds the character may look strange and be none, which costs a second look.
    """
    joined = f"concat_ws(chr(1), '', {', '.join(texts)}, '')"
    return f"regexp_matches({joined}, '\\x01(?:(?:{NUMBER}|true|false)\\x01|[{{\\[])')"


def strange_lists(lists: Iterable[str]) -> str:
    """Return the SQL of whether a text in one of *lists* (SQL) looks strange, or is none."""
    return " OR ".join(
        f"coalesce(len(list_filter({one}, lambda item: item IS NULL OR {STRANGE})) > 0, false)" for one in lists
    )


STAMP = r"(?:19[89][0-9]|[2-7][0-9]{3})-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?Z"
EXACT = f"""
  auditID IS NULL OR auditID = '' OR verb IS NULL OR "user" IS NULL
  OR coalesce(stageTimestamp, requestReceivedTimestamp) IS NULL
  OR NOT coalesce(regexp_full_match(stageTimestamp, '{STAMP}'), true)
  OR NOT coalesce(regexp_full_match(requestReceivedTimestamp, '{STAMP}'), true)
  OR NOT coalesce(coalesce(CAST(try_cast(responseStatus.code AS UINTEGER) AS VARCHAR), '') = responseStatus.code, true)
"""
EVENTS = """
  SELECT
    auditID AS audit_id, stage, level, verb, requestURI AS uri, userAgent AS agent, sourceIPs AS source_ips,
    "user".username AS username, "user".uid AS uid, "user".groups AS user_groups,
    "user".extra.arn AS arns, "user".extra.canonicalArn AS canonical_arns,
    "user".extra.sessionName AS session_names, {keys} AS access_keys,
    impersonatedUser.username AS impersonated, impersonatedUser.groups AS impersonated_groups,
    objectRef.apiGroup AS api_group, objectRef.apiVersion AS api_version, objectRef.resource AS resource,
    objectRef.subresource AS subresource, objectRef.namespace AS namespace, objectRef.name AS name,
    CAST(responseStatus.code AS BIGINT) AS code, responseStatus.reason AS status_reason,
    annotations."authorization.k8s.io/decision" AS decision,
    annotations."authorization.k8s.io/reason" AS reason, {refusal} AS refusal,
    coalesce("eksaminer:cut", false) OR coalesce(annotations."audit.k8s.io/truncated" = 'true', false) AS truncated,
    (CASE WHEN contains(requestURI, 'dryRun=All') THEN regexp_matches(requestURI, '[?&]dryRun=All(&|$)')
          ELSE false END)
      OR (CASE WHEN verb IN ('delete', 'deletecollection')
          THEN coalesce(list_contains(try_cast(requestObject->'$.dryRun' AS VARCHAR[]), 'All'), false)
          ELSE false END) AS dry_run,
    coalesce(starts_with(userAgent, 'eksaminer/') AND verb IN ('get', 'list', 'watch')
             AND coalesce(objectRef.resource, '') <> 'secrets'
             AND coalesce("user".username, '') NOT IN ('', 'system:anonymous'), false) AS own,
    CAST(requestReceivedTimestamp AS TIMESTAMP) AS received_time,
    CAST(coalesce(stageTimestamp, requestReceivedTimestamp) AS TIMESTAMP) AS stage_time,
    requestObject AS request_json, responseObject AS response_json, {measured} AS size
  FROM read_json({path}, columns = {columns}, format = 'newline_delimited', compression = 'uncompressed',
                 maximum_object_size = {size})
  WHERE CASE WHEN {judged} THEN true WHEN {strange} THEN error('not judged') ELSE true END
"""
"""A user agent can be forged: ours only excuses requests that eksaminer makes, never a write or a secret."""

REFUSAL = decided.refusal(
    "CAST(responseStatus.code AS BIGINT)", "responseStatus.message", 'annotations."authorization.k8s.io/decision"',
    '"user".username',
)  # fmt: skip


def events(path: str, size: int, *, judged: bool, grouped: Collection[str]) -> str:
    """Return the SELECT of the events at *path* (an SQL list), which fails where one is not exactly what is expected.

    What is read into the columns *grouped* is not looked at: `strange_groups` looks at it group by group.
    """
    kinds = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in COLUMNS.items())
    texts = strange_texts(place for name, place in TEXTS.items() if name not in grouped)
    lists = strange_lists(place for name, place in LISTS.items() if name not in grouped)
    return EVENTS.format(
        path=path,
        size=size,
        columns=f"{{{kinds}}}",
        judged="true" if judged else '"eksaminer:judged"',
        strange=f"{EXACT} OR {texts} OR {lists}",
        measured=sizes.SIZE,
        refusal=REFUSAL,
        keys=decided.shown_keys('"user".extra.accessKeyId'),
    )


def strange_groups(grouped: Collection[str]) -> str:
    """Return the query for how many groups of events have something strange in the columns *grouped*."""
    looked = [strange_texts(sorted(TEXTS.keys() & grouped)), strange_lists(sorted(LISTS.keys() & grouped))]
    return f"SELECT count(*) FROM grouped WHERE {' OR '.join(filter(None, looked))}"  # noqa: S608 - names of ours
