"""The fields that CloudWatch Logs discovers in a log event."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

MAX_FIELDS = 200
"""How many fields of a JSON event are discovered; later ones do not exist for a query (CloudWatch Logs User Guide,
"Supported logs and discovered fields", read 2026-11-23)."""


def discovered(message: str) -> Mapping[str, Any]:
    """Return the fields of a log line: the leaves of its JSON, by dotted path."""
    try:
        value = json.loads(message)
    except (ValueError, RecursionError):
        return {}
    found: dict[str, Any] = {}
    for path, leaf in _leaves(value, ""):
        found[path] = leaf
        if len(found) == MAX_FIELDS:
            break
    return found


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    items: Any
    match value:
        case dict():
            items = value.items()
        case list():
            items = enumerate(value)
        case None:
            return
        case _:
            yield path, value
            return
    for key, item in items:
        yield from _leaves(item, f"{path}.{key}" if path else str(key))
