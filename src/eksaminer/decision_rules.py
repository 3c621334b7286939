"""What makes a waiver or a disposition unusable, beyond its shape: one sentence for the one who can correct it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from eksaminer.decisions import AcceptedRisk, Decisions, Disposition
from eksaminer.errors import ConfigError
from eksaminer.waivers import FEWEST_DIGITS

_ID = re.compile(rf"[0-9a-f]{{{FEWEST_DIGITS},64}}")
_SELECTORS = ("resource", "resource_glob", "finding")


def check_decisions(decisions: Decisions, where: str) -> None:
    """Refuse what could take more, or less, than its author means; *where* names the file.

    Raises:
        ConfigError: with what to change.
    """
    for problem, do in (*_repeated(decisions), *_waivers(decisions.waivers), *_dispositions(decisions.dispositions)):
        raise ConfigError(f"{where}: {problem}", do)


def _repeated(decisions: Decisions) -> Iterator[tuple[str, str]]:
    for name in _twice(item.id for item in decisions.waivers):
        yield f"two waivers have the id {name}.", "Give each its own."
    for name in _twice(item.finding for item in decisions.dispositions):
        yield f"two dispositions answer the finding {name}.", "Keep the one that holds."


def _twice(names: Iterable[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


def _waivers(items: Iterable[AcceptedRisk]) -> Iterator[tuple[str, str]]:
    for item in items:
        yield from _empty(f"waiver {item.id}", id=item.id, reason=item.reason, approver=item.approver)
        given = [name for name in _SELECTORS if getattr(item, name)]
        if len(given) != 1:
            told = " and ".join(given) or "nothing"
            yield f"waiver {item.id} names {told}.", f"Name one of {', '.join(_SELECTORS)}."
        if item.finding:
            yield from _no_id(f"waiver {item.id}", item.finding)
        if item.expires < item.created:
            yield f"waiver {item.id} expires ({item.expires}) before it was created ({item.created}).", ""


def _dispositions(items: Iterable[Disposition]) -> Iterator[tuple[str, str]]:
    for item in items:
        name = f"disposition of {item.finding}"
        yield from _empty(name, reviewer=item.reviewer, reason=item.reason)
        yield from _no_id(name, item.finding)


def _empty(name: str, **texts: str) -> Iterator[tuple[str, str]]:
    for key, value in texts.items():
        if not value.strip():
            yield f"{name}: {key} is empty.", "An auditor asks for it."


def _no_id(name: str, finding: str) -> Iterator[tuple[str, str]]:
    if not _ID.fullmatch(finding):
        yield (
            f"{name}: {finding!r} is no id of a finding.",
            f"Write its {FEWEST_DIGITS} to 64 digits as the report shows them.",
        )
