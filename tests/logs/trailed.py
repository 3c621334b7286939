"""CloudTrail material with ground truth: service accounts that take roles, and the calls made with what they got."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ACCOUNT = "111122223333"
REGION = "eu-central-1"
START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ISSUER = "oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
CLUSTER = f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/prod"
APIS = (
    ("s3.amazonaws.com", "GetObject"),
    ("s3.amazonaws.com", "PutObject"),
    ("dynamodb.amazonaws.com", "Query"),
    ("secretsmanager.amazonaws.com", "GetSecretValue"),
    ("sqs.amazonaws.com", "ReceiveMessage"),
    ("kms.amazonaws.com", "Decrypt"),
    ("ec2.amazonaws.com", "DescribeInstances"),
)
AGENT = "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#amd64 api/s3#1.58.2"

Event = dict[str, Any]
Who = tuple[str, str]
"""Service account (`NAMESPACE/NAME`) and the role that it took."""


def role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def base(identifier: str, time: datetime, source: str, name: str, **fields: Any) -> Event:
    """Return a record as CloudTrail writes it, but for *fields*; None takes a key away."""
    usual: Event = {
        "eventVersion": "1.11",
        "userIdentity": {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
        "eventTime": f"{time:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": source,
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": "10.0.4.27",
        "userAgent": AGENT,
        "requestParameters": None,
        "responseElements": None,
        "requestID": f"r-{identifier}",
        "eventID": identifier,
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{source.partition('.')[0]}.{REGION}.amazonaws.com",
        },
    }
    return {key: value for key, value in (usual | fields).items() if value is not ...}


def assumed(
    identifier: str,
    time: datetime,
    account: str,
    role_name: str,
    key: str,
    *,
    error: str = "",
    provider: str = PROVIDER,
    **fields: Any,
) -> Event:
    """Return the event of a service account that exchanges its token for a role."""
    subject = f"system:serviceaccount:{account.replace('/', ':')}"
    granted = {
        "credentials": {"accessKeyId": key, "sessionToken": "IQoJb3JpZ2luX2VjEXAMPLE", "expiration": "Nov 23, 2026"},
        "subjectFromWebIdentityToken": subject,
        "assumedRoleUser": {"assumedRoleId": f"AROAEXAMPLE:{key}", "arn": f"{role(role_name)}/session"},
        "provider": provider,
        "audience": "sts.amazonaws.com",
    }
    refused = {"errorCode": error, "errorMessage": "Not authorized to perform sts:AssumeRoleWithWebIdentity"}
    return base(
        identifier, time, "sts.amazonaws.com", "AssumeRoleWithWebIdentity",
        **{
            "userIdentity": {
                "type": "WebIdentityUser",
                "principalId": f"{provider}:sts.amazonaws.com:{subject}",
                "userName": subject,
                "identityProvider": provider,
            },
            "requestParameters": {"roleArn": role(role_name), "roleSessionName": "botocore-session-1763880804"},
            "responseElements": None if error else granted,
            **(refused if error else {}),
            **fields,
        },
    )  # fmt: skip


def pod_identity(
    identifier: str, time: datetime, account: str, role_name: str, key: str, *, cluster: str = CLUSTER, **fields: Any
) -> Event:
    """Return the event by which EKS Pod Identity takes a role for a service account."""
    namespace, name = account.split("/")
    tags = {
        "eks-cluster-arn": cluster,
        "eks-cluster-name": cluster.rpartition("/")[2],
        "kubernetes-namespace": namespace,
        "kubernetes-service-account": name,
        "kubernetes-pod-name": f"{name}-6f7c9d-x2x4z",
        "kubernetes-pod-uid": "0d7c6a7e-0000-4000-8000-000000000000",
    }
    return base(
        identifier, time, "sts.amazonaws.com", "AssumeRole",
        **{
            "userIdentity": {"type": "AWSService", "invokedBy": "pods.eks.amazonaws.com"},
            "sourceIPAddress": "pods.eks.amazonaws.com",
            "requestParameters": {
                "roleArn": role(role_name),
                "roleSessionName": f"eks-prod-{name}-6f7c9d-0d7c6a7e",
                "tags": [{"key": key_, "value": value} for key_, value in tags.items()],
                "transitiveTagKeys": list(tags),
            },
            "responseElements": {"credentials": {"accessKeyId": key, "expiration": "Nov 23, 2026"}},
            **fields,
        },
    )  # fmt: skip


def chained(identifier: str, time: datetime, key: str, role_name: str, given: str, **fields: Any) -> Event:
    """Return the event by which the holder of *key* takes another role."""
    return called(
        identifier, time, key, "sts.amazonaws.com", "AssumeRole",
        **{
            "requestParameters": {"roleArn": role(role_name), "roleSessionName": "chain"},
            "responseElements": {"credentials": {"accessKeyId": given}},
            **fields,
        },
    )  # fmt: skip


def called(identifier: str, time: datetime, key: str, source: str, name: str, **fields: Any) -> Event:
    """Return a call that was made with the credentials of *key*."""
    identity = {
        "type": "AssumedRole",
        "principalId": "AROAEXAMPLE:session",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/session",
        "accountId": ACCOUNT,
        "accessKeyId": key,
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "arn": role("app"), "accountId": ACCOUNT, "userName": "app"},
            "webIdFederationData": {"federatedProvider": PROVIDER, "attributes": {}},
            "attributes": {"creationDate": "2026-11-22T08:00:00Z", "mfaAuthenticated": "false"},
        },
    }
    return base(identifier, time, source, name, **{"userIdentity": identity, **fields})


@dataclass
class Truth:
    """What has to be found."""

    taken: Counter[Who] = field(default_factory=Counter[Who])
    """How often a service account got a role."""
    calls: Counter[tuple[str, str, str]] = field(default_factory=Counter[tuple[str, str, str]])
    """How often a service account called an API, directly or through further roles: account, source, name."""
    events: int = 0


def generated(sessions: int, seed: int = 7) -> Iterator[tuple[Event, Truth]]:
    """Yield events with the truth so far: about 30 a session, a third of them noise; an application calls few APIs."""
    chance = random.Random(seed)
    truth = Truth()
    for number in range(sessions):
        for event in _session(number, chance, truth):
            truth.events += 1
            yield event, truth


def _session(number: int, chance: random.Random, truth: Truth) -> Iterator[Event]:
    time = START + timedelta(seconds=3 * number)
    account = f"team-{number % 20}/app-{number % 7}"
    name = f"app-{number % 7}"
    key = f"ASIA{number:016d}"
    pods = chance.random() < 0.25
    make = pod_identity if pods else assumed
    yield make(f"{number}-a", time, account, name, key)
    truth.taken[account, role(name)] += 1
    keys = [key]
    own = APIS[number % 7 % 5 :][:3]
    for step in range(20):
        moment = time + timedelta(seconds=step)
        if step == 10 and chance.random() < 0.1:
            keys.append(f"ASIC{number:016d}")
            yield chained(f"{number}-c", moment, key, "deploy", keys[-1])
            truth.calls[account, "sts.amazonaws.com", "AssumeRole"] += 1
        source, api = chance.choice(own)
        yield called(f"{number}-{step}", moment, chance.choice(keys), source, api)
        truth.calls[account, source, api] += 1
    for step in range(9):
        source, api = chance.choice(APIS)
        stranger = f"ASIX{chance.randrange(10**6):016d}"
        yield called(f"{number}-n{step}", time, stranger, source, api)


def write(folder: Path, sessions: int, per_file: int = 2_000) -> Truth:
    """Write CloudTrail files as they lie in a bucket; return the truth."""
    truth = Truth()
    batch: list[Event] = []
    files = 0
    for event, known in generated(sessions):
        truth = known
        batch.append(event)
        if len(batch) == per_file:
            _file(folder, files, batch)
            batch, files = [], files + 1
    if batch:
        _file(folder, files, batch)
    return truth


def records(*events: Event) -> bytes:
    """Return a file of CloudTrail, unpacked."""
    return json.dumps({"Records": list(events)}, separators=(",", ":")).encode()


def _file(folder: Path, number: int, batch: list[Event]) -> None:
    path = folder / f"AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/2026/11/22"
    path.mkdir(parents=True, exist_ok=True)
    name = f"{ACCOUNT}_CloudTrail_{REGION}_20261122T{number // 60:02d}{number % 60:02d}Z_{number:016d}.json.gz"
    (path / name).write_bytes(gzip.compress(records(*batch), 1))
