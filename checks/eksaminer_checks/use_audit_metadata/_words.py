"""Words that the checks of audit metadata share: who, from where, what."""

from collections.abc import Iterable, Sequence

from eksaminer.api import HitGroup

MOST_NAMED = 5
"""Names in one sentence; the hits name all."""


def some(items: Iterable[str], most: int = MOST_NAMED) -> tuple[str, ...]:
    """Return *items* without repetitions, the further ones counted."""
    named = list(dict.fromkeys(items))
    return (*named[:most], f"{len(named) - most} more") if len(named) > most else tuple(named)


def total(groups: Iterable[HitGroup]) -> int:
    """Return the number of requests in *groups*."""
    return sum(group.count for group in groups)


def ranked(groups: Iterable[HitGroup]) -> Sequence[tuple[str, int]]:
    """Return each actor with the number of its requests, the busiest first."""
    counts: dict[str, int] = {}
    for group in groups:
        counts[group.actor] = counts.get(group.actor, 0) + group.count
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def actors(groups: Iterable[HitGroup]) -> tuple[str, ...]:
    """Return the busiest actors, each with its count."""
    return some(f"{actor} ({count:,})" for actor, count in ranked(groups))


def addresses(groups: Iterable[HitGroup]) -> tuple[str, ...]:
    """Return where the requests came from."""
    return some(sorted({group.source or "an unknown address" for group in groups}))


def requests(groups: Iterable[HitGroup]) -> tuple[str, ...]:
    """Return what was asked for."""
    return some(sorted({_request(group) for group in groups}))


def _request(group: HitGroup) -> str:
    kind = f"{group.resource}/{group.subresource}" if group.subresource else group.resource
    where = f" in {group.namespace}" if group.namespace else ""
    return f"{group.verb} {kind or 'a path that is no resource'}{where}"
