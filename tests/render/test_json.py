from __future__ import annotations

import json

import jsonschema
import msgspec
import pytest
from tests.render.sample import FINDINGS, assessment, large

from eksaminer.findings import Assessment
from eksaminer.outcome import Status
from eksaminer.render.json import AssessmentError, load_assessment, render
from eksaminer.render.schema import assessment_schema, published_schema, schema_text

SAMPLES = [
    pytest.param(assessment(), id="every status and cause"),
    pytest.param(assessment(()), id="no finding at all"),
    pytest.param(large(100), id="many findings"),
]


@pytest.mark.parametrize("shown", SAMPLES)
def test_what_was_written_is_read_back(shown: Assessment) -> None:
    assert load_assessment(render(shown)) == shown


@pytest.mark.parametrize("shown", SAMPLES)
def test_follows_the_published_schema(shown: Assessment) -> None:
    jsonschema.Draft202012Validator(json.loads(published_schema())).validate(json.loads(render(shown)))


def test_the_published_schema_is_the_one_of_the_records() -> None:
    jsonschema.Draft202012Validator.check_schema(assessment_schema())

    assert published_schema() == schema_text()


def changed(**fields: object) -> bytes:
    return json.dumps(json.loads(render(assessment())) | fields).encode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "This is no assessment", id="empty"),
        pytest.param(b"\x1f\x8b\x08", "This is no assessment", id="not text"),
        pytest.param(b"\xff{}", "This is no assessment", id="bad UTF-8"),
        pytest.param(b"[" * 100_000, "This is no assessment", id="deeply nested"),
        pytest.param(b"{}", "This is no assessment", id="no schema"),
        pytest.param(b'{"schema": "eksaminer.scan/1"}', "its schema is 'eksaminer.scan/1'", id="another file of ours"),
        pytest.param(b'{"schema": "eksaminer.assessment/2"}', "has the schema eksaminer.assessment/2", id="newer"),
        pytest.param(b'{"schema": "eksaminer.assessment/1"}', "missing required field", id="a head alone"),
        pytest.param(changed(extra=1), "unknown field `extra`", id="unknown field"),
        pytest.param(changed(findings=[{}]), r"\$.findings\[0\]", id="a finding without its fields"),
    ],
)
def test_refuses_with_one_sentence(data: bytes, words: str) -> None:
    with pytest.raises(AssessmentError, match=words) as caught:
        load_assessment(data)

    assert "\n" not in caught.value.what


def test_refuses_a_status_without_its_cause() -> None:
    broken = msgspec.structs.replace(FINDINGS[0], status=Status.NOT_ASSESSED)

    with pytest.raises(AssessmentError, match="contradicts itself"):
        load_assessment(render(assessment([broken])))


def test_refuses_a_time_without_a_zone() -> None:
    data = render(assessment()).replace(b"2026-11-20T08:15:00Z", b"2026-11-20T08:15:00")

    with pytest.raises(AssessmentError, match="without a time zone"):
        load_assessment(data)
