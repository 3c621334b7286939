"""The wording of a text: its template and its typed parameters, as an English sentence."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from string import Formatter

from eksaminer.outcome import Parameter, Text

COMMON: Mapping[str, str] = {"gap": "{detail}"}
"""Texts that every check has."""


class WordingError(Exception):
    """A text has no template, or the template and the parameters do not agree."""


def english(text: Text, texts: Mapping[str, str]) -> str:
    """Return *text* in the words of *texts*."""
    template = texts.get(text.id) or COMMON.get(text.id)
    if template is None:
        raise WordingError(f"no template for text {text.id}")
    wanted = fields(template)
    if wanted != set(text.params):
        raise WordingError(f"text {text.id} takes {sorted(wanted)}, was given {sorted(text.params)}")
    return template.format_map({name: phrase(value) for name, value in text.params.items()})


def fields(template: str) -> set[str]:
    """Return the names of the parameters in *template*."""
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def phrase(value: Parameter) -> str:
    """Return one parameter in English."""
    match value:
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S} UTC"
        case timedelta():
            return duration(value)
        case int():
            return f"{value:,}"
        case tuple():
            return listing(value)
        case _:
            return value


def duration(value: timedelta) -> str:
    """Return *value* in the largest unit that divides it: `90 days`, `3 hours`, `1 minute`."""
    seconds = int(value.total_seconds())
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds and seconds % length == 0:
            return _counted(seconds // length, unit)
    return _counted(seconds, "second")


def listing(items: tuple[str, ...]) -> str:
    """Return *items* as `a, b and c`; `none` where there are none."""
    if not items:
        return "none"
    *head, last = items
    return f"{', '.join(head)} and {last}" if head else last


def _counted(number: int, unit: str) -> str:
    return f"{number:,} {unit}{'' if number == 1 else 's'}"
