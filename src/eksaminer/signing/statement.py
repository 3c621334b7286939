"""The in-toto Statement v1: which files are spoken of, and what is said of them.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from typing import Any

import msgspec
from msgspec import field

PAYLOAD_TYPE = "application/vnd.in-toto+json"
TYPE = "https://in-toto.io/Statement/v1"


class StatementError(ValueError):
    """What should be a statement is none: the message says what is wrong, as part of a sentence."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A file that the statement speaks of."""

    name: str
    digest: dict[str, str]
    """`{"sha256": HEX}`."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of files."""

    type: str = field(name="_type", default=TYPE)
    subject: tuple[Subject, ...]
    predicate_type: str = field(name="predicateType")
    predicate: dict[str, Any]


def read_statement(payload: bytes, predicate_type: str) -> Statement:
    """Read a statement with a predicate of *predicate_type*. Raises `StatementError`."""
    try:
        found = msgspec.json.decode(payload, type=Statement)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise StatementError(f"it holds no in-toto statement ({error})") from error
    if found.type != TYPE:
        raise StatementError(f"it holds a statement of the type {found.type!r}, not {TYPE}")
    if found.predicate_type != predicate_type:
        raise StatementError(f"it says something else ({found.predicate_type!r}) than this program ({predicate_type})")
    return found
