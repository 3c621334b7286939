"""Show values as words: times, targets, requests, observed values. The strings still are what the file holds."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from eksaminer.evidence.model import Target
from eksaminer.evidence.scan import ObjectReference
from eksaminer.findings import Assertion, MessageParameter, TargetInfo, TargetName
from eksaminer.outcome import Period
from eksaminer.render.texts import Texts

DIGEST = 12
"""Digits of a digest that are printed; the rest stands in assessment.json."""

_CENT = Decimal("0.01")
_LONGEST_SPAN = 10**11
"""Seconds that a span of time may have (about 3,000 years); more is shown as a number."""


def utc(moment: datetime | None) -> str:
    """Return *moment* in UTC, to the second, as files for machines have it; empty for none."""
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def when(moment: datetime | None, texts: Texts) -> str:
    """Return *moment* in UTC, to the second, as the language writes it; empty for none."""
    return "" if moment is None else texts.when(moment)


def period(value: Period, texts: Texts) -> str:
    """Return *value* from begin to end."""
    return texts("word.from_to", since=when(value.since, texts), until=when(value.until, texts))


def assertion(value: Assertion, texts: Texts, *, deviates: bool = False) -> str:
    """Return what a finding speaks of: a moment, a period, or of one that *deviates* the window of the search."""
    if value.kind == "as_of":
        return texts("word.as_of", time=when(value.since, texts))
    word = "word.within" if deviates else "word.throughout"
    return texts(word, since=when(value.since, texts), until=when(value.until, texts))


def observed(value: MessageParameter, texts: Texts) -> str:
    """Return an observed value."""
    match value:
        case int():
            return f"{value:,}"
        case str():
            return value
        case list():
            return ", ".join(value) or texts("format.nothing")
        case {"time": str(moment)}:
            return _moment(moment, texts)
        case {"seconds": int(seconds)} if abs(seconds) < _LONGEST_SPAN:
            return texts.span(timedelta(seconds=seconds))
        case _:
            return ", ".join(f"{name}: {item}" for name, item in sorted(value.items()))


def _moment(text: str, texts: Texts) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return texts.when(moment) if moment.tzinfo is not None else text


def target(name: TargetName | TargetInfo | Target) -> str:
    """Return a target from the outside in: `111122223333 / eu-central-1 / prod`."""
    return " / ".join(part for part in (name.account, name.region, name.cluster) if part)


def short(name: TargetName | TargetInfo) -> str:
    """Return the innermost name of a target, with its region where it is a cluster."""
    return f"{name.cluster} ({name.region})" if name.cluster else name.region or name.account


def money(amount: Decimal, currency: str, texts: Texts, *, signed: bool = False) -> str:
    """Return an amount with its currency, to the cent; an amount below a cent is said to be that."""
    if amount and abs(amount) < _CENT:
        return f"< {texts.amount(_CENT, currency)}"
    return f"{'+' if signed and amount >= 0 else ''}{texts.amount(amount, currency)}"


def request(verb: str, resource: ObjectReference) -> str:
    """Return the request of an event: `patch configmaps kube-system/aws-auth`."""
    kind = resource.resource + (f".{resource.group}" if resource.group else "")
    kind += f"/{resource.subresource}" if resource.subresource else ""
    place = "/".join(part for part in (resource.namespace, resource.name) if part)
    return " ".join(part for part in (verb, kind, place) if part)


def first(items: Iterable[str], limit: int, texts: Texts) -> str:
    """Return *items* joined by commas, and how many are not shown."""
    every = tuple(items)
    shown = ", ".join(every[:limit])
    return shown if len(every) <= limit else f"{shown} {texts('word.and_more', n=f'{len(every) - limit:,}')}"
