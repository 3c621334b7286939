"""Of which time a log holds events: the spans of a minute or longer without any, whatever order events come in.

Kept are, for each minute of the clock that has an event, its first and its last. Two events in a row that are a
minute or more apart lie in different minutes, the one the last of its own and the other the first of its own: the
spans are exact, and what is kept grows with the time that the log covers, not with its events.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from eksaminer.detection.fields import Log
from eksaminer.evidence.scan import FINEST_GAP, MOST_GAPS, MOST_STREAMS, StreamSpan, TimeCoverage
from eksaminer.gap import Cause, Gap
from eksaminer.logs.chunk import Ledger, from_milliseconds
from eksaminer.logs.engine import Engine
from eksaminer.outcome import Period

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_AUDIT_LOG = Gap(cause=Cause.NOT_REQUESTED, detail="No Kubernetes audit log was read.")

SPANS = """
WITH merged AS (SELECT min(first) AS first, max(last) AS last FROM minutes GROUP BY minute),
spans AS (SELECT lag(last) OVER (ORDER BY first) AS since, first AS until FROM merged)
SELECT since, until, count(*) OVER () FROM spans WHERE until - since >= {finest}
ORDER BY until - since DESC, since LIMIT {most}
"""


def time_coverage(
    engine: Engine, ledgers: Iterable[Ledger], since: datetime | None, until: datetime | None
) -> TimeCoverage | Gap:
    """Return of which time between *since* and *until* the engine read audit events; None: from the first, to the last.

    Where no such event was read there is nothing to say.
    """
    first, last = engine.rows("SELECT min(first), max(last) FROM minutes")[0]
    if Log.AUDIT not in engine.logs or first is None:
        return NO_AUDIT_LOG
    finest = FINEST_GAP // timedelta(microseconds=1)
    rows = engine.rows(SPANS.format(finest=finest, most=MOST_GAPS))
    inner = [Period(since=_time(begin), until=_time(end)) for begin, end, _ in rows]
    ends = [(since, _time(first)), (_time(last), until)]
    outer = [Period(since=begin, until=end) for begin, end in ends if begin and end and end - begin >= FINEST_GAP]
    longest = sorted([*outer, *inner], key=lambda gap: (gap.since - gap.until, gap.since))[:MOST_GAPS]
    streams = _streams(ledgers)
    return TimeCoverage(
        gaps=tuple(sorted(longest, key=lambda gap: gap.since)),
        gaps_found=len(outer) + (rows[0][2] if rows else 0),
        streams=streams[:MOST_STREAMS],
        streams_found=len(streams),
    )


def _streams(ledgers: Iterable[Ledger]) -> tuple[StreamSpan, ...]:
    spans: dict[tuple[str, str], tuple[int, int, int]] = {}
    for ledger in ledgers:
        for name, (first, last, entries) in ledger.streams.items():
            known = spans.get(name, (first, last, 0))
            spans[name] = (min(first, known[0]), max(last, known[1]), entries + known[2])
    return tuple(_span(name, found) for name, found in sorted(spans.items()))


def _span(name: tuple[str, str], found: tuple[int, int, int]) -> StreamSpan:
    first, last = (from_milliseconds(stamp) or EPOCH for stamp in found[:2])
    return StreamSpan(log_group=name[0], stream=name[1], first=first, last=last, entries=found[2])


def _time(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)
