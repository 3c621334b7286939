"""The base of every value that is stored: immutable, comparable, with one canonical JSON form."""

import hashlib
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen value whose fields are its JSON fields. Collections in it are tuples or frozensets."""


def canonical_json(value: object) -> bytes:
    """Serialise *value* so that equal values give equal bytes: sorted keys, sorted sets, UTC times."""
    return msgspec.json.encode(value, order="sorted")


def plain(value: object) -> Any:
    """Return *value* as dicts, lists, strings and numbers, in the order of `canonical_json`."""
    return msgspec.json.decode(canonical_json(value))


def parse(data: bytes | str, kind: type[T]) -> T:
    """Read a *kind* back from JSON. Raises `msgspec.ValidationError` with the path of what is wrong."""
    return msgspec.json.decode(data, type=kind)


def sha256(data: bytes) -> str:
    """Return the SHA-256 of *data* as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def digest(value: object) -> str:
    """Return the SHA-256 of the canonical JSON of *value*."""
    return sha256(canonical_json(value))
