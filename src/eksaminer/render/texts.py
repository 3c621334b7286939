"""The sentences of the reports, by id, and how each language writes times, spans and amounts."""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from typing import cast
from unicodedata import east_asian_width

from babel.dates import format_datetime
from babel.numbers import format_currency

from eksaminer.render import ENGLISH

__all__ = ["CHINESE", "ENGLISH", "LANGUAGES", "Texts", "language_of", "table", "texts"]

CHINESE = "zh-TW"
LANGUAGES = (ENGLISH, CHINESE)
"""Languages of the reports, as BCP 47 writes them: the values of `--lang`."""

_SPELLINGS = {name.lower(): name for name in LANGUAGES} | {
    "en-us": ENGLISH, "en-gb": ENGLISH, "zh-hant": CHINESE, "zh-hant-tw": CHINESE,
}  # fmt: skip
"""Ways to write a language; Babel's negotiation does not know that Taiwan writes the traditional script."""

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


class Texts:
    """The sentences of one language: `texts("summary.title")`, with named parameters."""

    def __init__(self, sentences: Mapping[str, str], language: str = ENGLISH) -> None:
        self._sentences = sentences
        self.language = language

    def __call__(self, identifier: str, /, **params: object) -> str:
        """Return the sentence *identifier* with its parameters filled in. Raises `KeyError` if there is none."""
        return self._sentences[identifier].format(**params) if params else self._sentences[identifier]

    def __contains__(self, identifier: str) -> bool:
        return identifier in self._sentences

    def word(self, identifier: str, fallback: str) -> str:
        """Return the sentence *identifier*, or *fallback* where there is none."""
        return self._sentences.get(identifier, fallback)

    def several(self, identifier: str, number: int, **params: object) -> str:
        """Return the sentence for *number* things, with `{n}`.

        It stands under `identifier.one` and `identifier.many`, or under *identifier* in a language without plurals.
        """
        form = identifier if identifier in self else f"{identifier}.{'one' if number == 1 else 'many'}"
        return self(form, n=f"{number:,}", **params)

    def when(self, moment: datetime) -> str:
        """Return *moment* in UTC, to the second."""
        return _written(moment.astimezone(UTC), self("format.time"), self("format.locale"))

    def span(self, value: timedelta) -> str:
        """Return *value* in the largest unit that divides it: `90 days`, `3 hours`, `1 minute`."""
        seconds = int(value.total_seconds())
        for unit, length in _UNITS:
            if seconds and seconds % length == 0:
                return self.several(f"format.{unit}", seconds // length)
        return self.several("format.second", seconds)

    def amount(self, value: Decimal, currency: str) -> str:
        """Return *value* to the cent, with its currency."""
        pattern, locale = self("format.money"), self("format.locale")
        return format_currency(value, currency, pattern, locale=locale, currency_digits=False)

    def listed(self, items: tuple[str, ...]) -> str:
        """Return *items* as `a, b and c`; `none` where there are none."""
        if not items:
            return self("format.nothing")
        *head, last = items
        before = self("format.comma").join(head)
        return f"{before}{_spaced(before, self('format.and'), last)}{last}" if head else last

    def prose(self, sentences: Iterable[str]) -> str:
        """Return *sentences* one after the other, without those that are empty."""
        return self("format.between_sentences").join(filter(None, sentences))

    @property
    def identifiers(self) -> frozenset[str]:
        """All ids."""
        return frozenset(self._sentences)


def _spaced(before: str, word: str, after: str) -> str:
    """Return *word* as it stands between two texts: Chinese leaves room beside Latin letters and digits alone."""
    if _wide(word.strip()[:1]):
        word = word.lstrip() if _wide(before[-1:]) else word
        word = word.rstrip() if _wide(after[:1]) else word
    return word


def _wide(character: str) -> bool:
    return bool(character) and east_asian_width(character) in "WF"


@lru_cache(maxsize=1 << 16)
def _written(moment: datetime, pattern: str, locale: str) -> str:
    return format_datetime(moment, pattern, locale=locale)


def language_of(name: str) -> str:
    """Return the language that *name* means (`zh-TW`, `zh_TW`, `zh-Hant`); empty: there are no reports in it."""
    return _SPELLINGS.get(name.replace("_", "-").lower(), "")


@cache
def texts(language: str) -> Texts:
    """Load the sentences of *language*."""
    return Texts(dict(_flat("", table(f"{language}.toml"))), language)


def table(name: str) -> Mapping[str, object]:
    """Return a file of the folder of languages."""
    return tomllib.loads(files("eksaminer_templates").joinpath("locale", name).read_text("utf-8"))


def _flat(prefix: str, table: Mapping[str, object]) -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for name, value in table.items():
        key = f"{prefix}.{name}" if prefix else name
        if isinstance(value, str):
            flat.append((key, value))
        else:
            flat.extend(_flat(key, cast("Mapping[str, object]", value)))
    return flat
