"""Of which time an audit log holds events, in words."""

from collections.abc import Sequence
from datetime import timedelta

from eksaminer.criteria import Criteria
from eksaminer.evidence.scan import StreamSpan, longest_of, total_of
from eksaminer.findings import ClusterActivity
from eksaminer.gap import Gap
from eksaminer.render import show
from eksaminer.render.texts import Texts

_STREAMS = 4
"""Streams that are named."""


def time_seen(item: ClusterActivity, criteria: Criteria, texts: Texts) -> str:
    """Say which spans without any event the log of a cluster has, and from when to when its streams go."""
    coverage = item.time_coverage
    if isinstance(coverage, Gap):
        return coverage.detail
    minutes = texts.several("criteria.minutes", criteria.gap_minutes)
    spans = coverage.silences(timedelta(minutes=criteria.gap_minutes))
    streams = _streams(coverage.streams, texts)
    if not spans:
        return texts.prose((texts("time_seen.whole", shortest=minutes), *streams))
    told = texts.several(
        "time_seen.gaps",
        len(spans),
        shortest=minutes,
        silent=texts.span(total_of(spans)),
        longest=show.period(longest_of(spans), texts),
    )
    return texts.prose((told, *streams))


def _streams(streams: Sequence[StreamSpan], texts: Texts) -> tuple[str, ...]:
    if not streams:
        return ()
    spans = [
        texts(
            "time_seen.stream", name=item.stream, since=show.when(item.first, texts), until=show.when(item.last, texts)
        )
        for item in streams
    ]
    return (texts.several("time_seen.streams", len(streams), spans=show.first(spans, _STREAMS, texts)),)
