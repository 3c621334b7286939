"""Logs for tests: a sample of real events, events made by hand, and the forms logs come in."""

import gzip
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from eksaminer.detection import Rule, load_rules
from eksaminer.logs import Options, ScanOutcome, scan

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data" / "audit-logs"
SAMPLE = Path(__file__).parent / "sample.jsonl.gz"
GROUP = "/aws/eks/prod-apps/cluster"
STREAM = "kube-apiserver-audit-0123456789abcdef"

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the recorded logs (../shared) are not here")

Pairs = frozenset[tuple[str, str]]
Make = Callable[[Sequence[bytes]], bytes]


def rules() -> tuple[Rule, ...]:
    """The rules on the subjects of the guide: enough to read logs with, and quick."""
    return tuple(rule for rule in all_rules() if rule.guide)


@cache
def all_rules() -> tuple[Rule, ...]:
    loaded, errors = load_rules(ROOT / "checks" / "eksaminer_checks")
    assert not errors
    return loaded


def sample() -> list[bytes]:
    return gzip.decompress(SAMPLE.read_bytes()).splitlines()


def event(**changes: Any) -> dict[str, Any]:
    """Return an event that fires EKS-AWS-AUTH, but for *changes*; None takes a key away."""
    usual: dict[str, Any] = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": "11111111-1111-4111-8111-111111111111",
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/kube-system/configmaps/aws-auth",
        "verb": "update",
        "user": {"username": "kubernetes-admin", "groups": ["system:masters"]},
        "sourceIPs": ["198.51.100.10"],
        "userAgent": "kubectl/v1.35.2",
        "objectRef": {"resource": "configmaps", "namespace": "kube-system", "name": "aws-auth", "apiVersion": "v1"},
        "responseStatus": {"metadata": {}, "code": 200},
        "requestReceivedTimestamp": "2026-11-23T06:53:24.939500Z",
        "stageTimestamp": "2026-11-23T06:53:24.943454Z",
        "annotations": {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": ""},
    }
    return {key: value for key, value in (usual | changes).items() if value is not None}


def line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def lines(*values: Mapping[str, Any]) -> bytes:
    return b"".join(line(value) + b"\n" for value in values)


def scanned(content: bytes, folder: Path, **options: Any) -> ScanOutcome:
    """Scan one file with *content*; the hits are no longer readable."""
    path = folder / "audit.log"
    path.write_bytes(content)
    with scan([path], rules(), Options(**options)) as outcome:
        return outcome


def pairs(paths: Iterable[Path | str], chosen: Sequence[Rule] = ()) -> Pairs:
    with scan(list(paths), chosen or rules()) as outcome:
        return frozenset((rule, hit.audit_id) for rule, hit in outcome.hits())


def time_of(message: bytes) -> datetime:
    return datetime.fromisoformat(json.loads(message)["stageTimestamp"])


def milliseconds(message: bytes) -> int:
    return int(time_of(message).timestamp() * 1000)


def plain(messages: Sequence[bytes]) -> bytes:
    return b"\n".join(messages) + b"\n"


def export(messages: Sequence[bytes]) -> bytes:
    return b"".join(
        time_of(text).isoformat(timespec="milliseconds")[:-6].encode() + b"Z " + text + b"\n" for text in messages
    )


def filter_pages(messages: Sequence[bytes]) -> bytes:
    """Two pages one after the other, the second as the AWS CLI prints it."""
    half = len(messages) // 2
    documents = [
        {
            "events": [
                {"logStreamName": STREAM, "timestamp": milliseconds(text), "message": text.decode(), "eventId": "3"}
                for text in part
            ],
            "searchedLogStreams": [],
        }
        for part in (messages[:half], messages[half:])
    ]
    return json.dumps(documents[0]).encode() + b"\n" + json.dumps(documents[1], indent=4).encode()


def subscription(messages: Sequence[bytes]) -> bytes:
    """Records of a delivery stream: gzip members without anything between them."""
    control = {
        "messageType": "CONTROL_MESSAGE",
        "logGroup": "",
        "logStream": "",
        "logEvents": [
            {"id": "", "timestamp": 0, "message": "CWL CONTROL MESSAGE: Checking health of destination Firehose."}
        ],
    }
    documents: list[dict[str, Any]] = [control]
    for start in range(0, len(messages), 50):
        entries = [
            {"id": "3", "timestamp": milliseconds(text), "message": text.decode()}
            for text in messages[start : start + 50]
        ]
        documents.append({"messageType": "DATA_MESSAGE", "logGroup": GROUP, "logStream": STREAM, "logEvents": entries})
    return b"".join(gzip.compress(json.dumps(document).encode()) for document in documents)


def insights(messages: Sequence[bytes]) -> bytes:
    rows = [
        [
            {"field": "@timestamp", "value": time_of(text).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]},
            {"field": "@message", "value": text.decode()},
            {"field": "@log", "value": f"111122223333:{GROUP}"},
            {"field": "@logStream", "value": STREAM},
        ]
        for text in messages
    ]
    return json.dumps({"results": rows, "status": "Complete"}).encode()


def event_list(messages: Sequence[bytes]) -> bytes:
    items = [json.loads(text) for text in messages]
    return json.dumps({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": items}, indent=1).encode()


def pretty(messages: Sequence[bytes]) -> bytes:
    return b"\n".join(json.dumps(json.loads(text), indent=2).encode() for text in messages)


def array(messages: Sequence[bytes]) -> bytes:
    return b"[" + b",\n".join(messages) + b"]"


FORMS: dict[str, Make] = {
    "json-lines": plain,
    "cloudwatch-export": export,
    "filter-log-events": filter_pages,
    "subscription": subscription,
    "insights-results": insights,
    "event list": event_list,
    "events over several lines": pretty,
    "array": array,
}


def zstd(content: bytes, path: Path) -> None:
    """Write *content*, which has no byte that the engine cannot hold in a text, as zstd."""
    rows = path.with_name("rows.jsonl")
    texts = content.decode().removesuffix("\n").split("\n")
    rows.write_text("".join(json.dumps({"line": text}) + "\n" for text in texts))
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT line FROM read_json('{rows}', columns = {{'line': 'VARCHAR'}})) TO '{path}' "
            "(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01', COMPRESSION zstd)"
        )
    rows.unlink()
