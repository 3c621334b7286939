from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import click
import pytest

from eksaminer.cli.times import Moment, MomentType, SpanType, resolved, window
from eksaminer.errors import UsageError

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("24h", NOW - timedelta(hours=24)),
        ("7d", NOW - timedelta(days=7)),
        ("90s", NOW - timedelta(seconds=90)),
        ("2w", NOW - timedelta(weeks=2)),
        ("2026-11-20T10:00:00Z", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("2026-11-20T10:00:00+02:00", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("2026-11-20 10:00+00:00", datetime(2026, 11, 20, 10, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read(text: str, expected: datetime) -> None:
    assert resolved(MomentType().convert(text, None, None), NOW) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-11-20T10:00:00", "has no offset"),
        ("2026-11-20", "has no offset"),
        ("yesterday", "is no time"),
        ("24", "is no time"),
        ("-1h", "is no time"),
        ("0h", "is no time"),
        ("999999d", "is no time"),
        ("0001-01-01T00:00:00+14:00", "out of range"),
        ("", "is no time"),
    ],
)
def test_what_is_no_moment_is_refused_with_an_example(text: str, said: str) -> None:
    with pytest.raises(click.BadParameter, match=said):
        MomentType().convert(text, None, None)


@pytest.mark.parametrize("text", ["2026-11-20", "2026-11-20T10:00:00"])
def test_the_example_for_a_time_without_offset_can_be_used_as_it_is(text: str) -> None:
    with pytest.raises(click.BadParameter) as raised:
        MomentType().convert(text, None, None)
    example = raised.value.message.split("write ")[1].split(" for UTC")[0]

    assert resolved(MomentType().convert(example, None, None), NOW).date() == date(2026, 11, 20)


@pytest.mark.parametrize("text", ["90", "d", "-1d", "0d", "4000d", "1y", "2026-11-20T10:00:00Z"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="no length of time"):
        SpanType().convert(text, None, None)


@pytest.mark.parametrize(
    ("since", "until"),
    [(timedelta(hours=1), timedelta(hours=2)), (NOW + timedelta(hours=1), None), (NOW, NOW)],
)
def test_a_window_that_ends_before_it_begins_is_refused(since: Moment, until: Moment | None) -> None:
    with pytest.raises(UsageError, match="is not before the end"):
        window(since, until, NOW)


def test_a_window_may_be_open() -> None:
    assert window(None, None, NOW) == (None, None)
