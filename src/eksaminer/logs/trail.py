"""Records of CloudTrail: judged one by one, and read by the log engine into the columns of audit events.

A record is kept whole as JSON beside the few columns that every hit shows, so that rules may name
any of its fields.
"""

import json
from dataclasses import dataclass
from datetime import datetime

import msgspec

from eksaminer.detection.shapes import text as literal
from eksaminer.logs.audit import STAMP, strange_texts
from eksaminer.logs.records import Bad, Other, utc


class _Identity(msgspec.Struct, frozen=True, kw_only=True):
    type: str | None = None
    arn: str | None = None
    principalId: str | None = None  # noqa: N815 - the key in the record


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    """What a record of CloudTrail always has, and what tells of which kind it is."""

    eventID: str  # noqa: N815 - the key in the record
    eventSource: str = ""  # noqa: N815 - the key in the record
    eventName: str = ""  # noqa: N815 - the key in the record
    eventTime: str  # noqa: N815 - the key in the record
    eventCategory: str = ""  # noqa: N815 - the key in the record
    errorCode: str | None = None  # noqa: N815 - the key in the record
    userIdentity: _Identity | None = None  # noqa: N815 - the key in the record


@dataclass(frozen=True, slots=True)
class TrailEvent:
    """A record of CloudTrail as it is."""

    line: bytes
    time: datetime

    def encode(self) -> bytes:
        """Return it as one line of JSON."""
        return self.line

    def at(self, time: datetime) -> "TrailEvent":
        """Return it with another time; it always has its own."""
        return TrailEvent(self.line, time)


DECODER = msgspec.json.Decoder(_Record)

_IDENTITY = (
    "type", "arn", "userName", "principalId", "invokedBy", "accessKeyId", "identityProvider",
)  # fmt: skip
TRANSFORM = json.dumps(
    {
        **dict.fromkeys(("eventID", "eventTime", "eventSource", "eventName", "awsRegion"), "VARCHAR"),
        **dict.fromkeys(("sourceIPAddress", "userAgent", "errorCode", "recipientAccountId"), "VARCHAR"),
        **dict.fromkeys(("readOnly", "eventCategory", "managementEvent"), "VARCHAR"),
        "userIdentity": {
            **dict.fromkeys(_IDENTITY, "VARCHAR"),
            "sessionContext": {
                "sessionIssuer": {"arn": "VARCHAR"},
                "webIdFederationData": {"federatedProvider": "VARCHAR"},
            },
        },
        "requestParameters": {
            **dict.fromkeys(("name", "clusterName", "roleArn", "roleSessionName"), "VARCHAR"),
            "tags": [{"key": "VARCHAR", "value": "VARCHAR"}],
        },
        "responseElements": {
            **dict.fromkeys(("audience", "subjectFromWebIdentityToken"), "VARCHAR"),
            "credentials": {"accessKeyId": "VARCHAR"},
        },
    }
)
"""What has another type is NULL: a record with it is a record all the same."""

EVENTS = """
SELECT
  r.eventID AS audit_id, CAST(NULL AS VARCHAR) AS stage, r.eventName AS verb, r.userAgent AS agent,
  [r.sourceIPAddress] AS source_ips,
  coalesce(r.userIdentity.userName, r.userIdentity.arn, r.userIdentity.invokedBy,
    r.userIdentity.principalId) AS username,
  [coalesce(r.userIdentity.sessionContext.sessionIssuer.arn, r.userIdentity.arn, r.userIdentity.invokedBy)]
    AS canonical_arns,
  r.eventSource AS api_group, split_part(r.eventSource, '.', 1) AS resource, r.awsRegion AS namespace,
  coalesce(r.requestParameters.name, r.requestParameters.clusterName) AS name,
  CASE WHEN r.errorCode IS NULL THEN 'allow' ELSE 'forbid' END AS decision, r.errorCode AS reason,
  false AS truncated, coalesce(r.errorCode = 'Client.DryRunOperation', false) AS dry_run, false AS own,
  {time} AS received_time, {time} AS stage_time,
  coalesce(r.recipientAccountId, '') AS account, r.userIdentity.type AS identity_type,
  r.userIdentity.arn AS identity_arn, r.userIdentity.principalId AS principal_id,
  r.userIdentity.accessKeyId AS access_key,
  CASE WHEN r.userIdentity.sessionContext.webIdFederationData.federatedProvider LIKE '%:oidc-provider/%'
         OR r.userIdentity.arn LIKE '%:assumed-role/%/eks-%'
    THEN r.userIdentity.sessionContext.sessionIssuer.arn END AS nameless,
  CASE WHEN coalesce(r.eventCategory, CASE r.managementEvent WHEN 'false' THEN 'Data' ELSE 'Management' END)
    = 'Management' THEN r.readOnly = 'true' END AS reads,
  CASE WHEN r.eventSource IN ('sts.amazonaws.com', 'eks-auth.amazonaws.com') THEN r END AS call,
  record_json
FROM (
  SELECT json AS record_json, json_transform(json, {transform}) AS r
  FROM read_json_objects({path}, format = 'newline_delimited', compression = 'uncompressed',
                         maximum_object_size = {size}))
WHERE CASE WHEN {judged} THEN true
  WHEN r.eventID IS NULL OR r.eventID = '' OR r.eventSource IS NULL OR r.eventName IS NULL
  OR r.eventTime IS NULL OR NOT regexp_full_match(r.eventTime, '{stamp}')
  OR (r.userIdentity.type IS NULL AND json_type(record_json, '$.userIdentity') NOT IN ('OBJECT', 'NULL')) OR {strange}
  THEN error('not judged') ELSE true END
"""
"""A record with an error counts as refused, whatever the error: it changed nothing. EKS Pod Identity names the sessions
that it takes `eks-CLUSTER-POD-...`. `reads`: NULL where it is no management event, or does not say."""
TOLD = (
    "r.eventID",
    "r.eventSource",
    "r.eventName",
    "r.errorCode",
    *(f"r.userIdentity.{key}" for key in ("type", "arn", "principalId")),
)
"""What has to be a text, where it is there."""
TIME = {False: "CAST(r.eventTime AS TIMESTAMP)", True: "CAST(r.eventTime AS TIMESTAMPTZ) AT TIME ZONE 'UTC'"}
"""As CloudTrail writes it, and (True) as it may stand in a record that was judged: with an offset."""


def events(path: str, size: int, *, judged: bool) -> str:
    """Return the SELECT of the records at *path* (an SQL list), which fails where one is not what is expected."""
    return EVENTS.format(
        path=path,
        size=size,
        transform=literal(TRANSFORM),
        judged="true" if judged else "false",
        time=TIME[judged],
        stamp=STAMP,
        strange=strange_texts(TOLD),
    )


INSIGHT = "Insight"
"""The category of what CloudTrail Insights writes: of a rate of calls, not of a call."""


def judge_record(line: bytes) -> TrailEvent | Other | Bad:
    """Say what *line* is."""
    try:
        line.decode("utf-8")
        record = DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Bad(f"not a record of CloudTrail: {error}"[:200])
    if record.eventCategory == INSIGHT:
        return Other()
    time = utc(record.eventTime)
    if time is None or not (record.eventID and record.eventSource and record.eventName):
        return Bad("not a record of CloudTrail: it lacks eventID, eventSource or eventName, or eventTime is no time")
    return TrailEvent(line, time)
