"""The sentences of the reports, by id, so that any language can be rendered."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import cast

ENGLISH = "en"


class Texts:
    """The sentences of one language: `texts("summary.title")`, with named parameters."""

    def __init__(self, sentences: Mapping[str, str]) -> None:
        self._sentences = sentences

    def __call__(self, identifier: str, /, **params: object) -> str:
        """Return the sentence *identifier* with its parameters filled in. Raises `KeyError` if there is none."""
        return self._sentences[identifier].format(**params) if params else self._sentences[identifier]

    def __contains__(self, identifier: str) -> bool:
        return identifier in self._sentences

    def word(self, identifier: str, fallback: str) -> str:
        """Return the sentence *identifier*, or *fallback* where there is none."""
        return self._sentences.get(identifier, fallback)

    def several(self, identifier: str, number: int, **params: object) -> str:
        """Return the sentence for *number* things: `identifier.one` or `identifier.many`, with `{n}`."""
        return self(f"{identifier}.{'one' if number == 1 else 'many'}", n=f"{number:,}", **params)

    @property
    def identifiers(self) -> frozenset[str]:
        """All ids."""
        return frozenset(self._sentences)


@cache
def texts(language: str) -> Texts:
    """Load the sentences of *language*."""
    source = files("eksaminer_templates").joinpath("locale", f"{language}.toml").read_text("utf-8")
    return Texts(dict(_flat("", tomllib.loads(source))))


def _flat(prefix: str, table: Mapping[str, object]) -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for name, value in table.items():
        key = f"{prefix}.{name}" if prefix else name
        if isinstance(value, str):
            flat.append((key, value))
        else:
            flat.extend(_flat(key, cast("Mapping[str, object]", value)))
    return flat
