"""assessment.json: the assessment itself, and reading it back."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from eksaminer.errors import InputError
from eksaminer.findings import SCHEMA, Assessment
from eksaminer.record import canonical_json, parse

_NAME, _, _MAJOR = SCHEMA.partition("/")


class AssessmentError(InputError):
    """A file that was given as an assessment is none that this program can read."""


class _Head(msgspec.Struct):
    schema: str


def render(assessment: Assessment) -> bytes:
    """Return *assessment* as JSON with sorted keys, indented for a person to read."""
    return msgspec.json.format(canonical_json(assessment), indent=2) + b"\n"


def load_assessment(data: bytes) -> Assessment:
    """Read back what `render` wrote. Raises `AssessmentError` with one sentence about what is wrong."""
    try:
        head = parse(data, _Head)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AssessmentError(
            f"This is no assessment: {error}.", "Give the assessment.json of an earlier run."
        ) from error
    _known(head.schema)
    try:
        assessment = parse(data, Assessment)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AssessmentError(f"The assessment does not follow {SCHEMA}: {error}.") from error
    _consistent(assessment)
    return assessment


def _known(schema: str) -> None:
    name, _, major = schema.partition("/")
    if name != _NAME or not major.isascii() or not major.isdigit():
        raise AssessmentError(
            f"This is no assessment: its schema is {schema!r}, not {SCHEMA}.",
            "Give the assessment.json of an earlier run.",
        )
    if major != _MAJOR:
        raise AssessmentError(
            f"The assessment has the schema {schema}; this program knows {SCHEMA} alone.",
            "Install the version of eksaminer that made it, or assess its evidence again with this one.",
        )


def _consistent(assessment: Assessment) -> None:
    """Refuse what the types cannot say: a time without a zone, a cause without its status or the reverse."""
    for finding in assessment.findings:
        if (finding.status == "not_assessed") != (finding.cause is not None):
            raise AssessmentError(f"The assessment contradicts itself: status and cause of finding {finding.id[:12]}.")
    if _naive(assessment):
        raise AssessmentError("The assessment holds a time without a time zone.")


def _naive(value: object) -> bool:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, datetime):
            if item.tzinfo is None:
                return True
        elif isinstance(item, msgspec.Struct):
            pending.extend(getattr(item, name) for name in item.__struct_fields__)
        elif isinstance(item, Mapping):
            pending.extend(item.values())
        elif isinstance(item, tuple):
            pending.extend(item)
    return False
