"""Charts: they draw what the assessment holds, say it in words and in a table, and stay away where there is nothing."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from tests.render.costs import MADE_OF, WANTED, costs
from tests.render.sample import (
    ACTIVITY,
    DAY,
    FINDINGS,
    LEGACY,
    NOW,
    PROD,
    SECRET_HITS,
    SHOP,
    assessment,
    finding,
    group,
    replayed,
    unseen,
)
from tests.samples import DENIED, volume, volumes

from eksaminer.cost import region_cost
from eksaminer.evidence.scan import Refusals
from eksaminer.findings import Assessment, ClusterActivity, Message
from eksaminer.gap import Cause
from eksaminer.outcome import Period, Status
from eksaminer.render.charts.base import Chart, TimeAxis, bin_of, legend
from eksaminer.render.charts.causes import causes
from eksaminer.render.charts.covered import time_covered
from eksaminer.render.charts.refusals import refusals_by_hour, refusals_over_time
from eksaminer.render.charts.retention import retention
from eksaminer.render.charts.secrets import secret_reads
from eksaminer.render.cost import cost
from eksaminer.render.drawing import WIDTH, Box, Colour, Line, Words
from eksaminer.render.limits import PAGES, SCREEN
from eksaminer.render.texts import ENGLISH, texts

WORDS = texts(ENGLISH)
LOG = ACTIVITY.clusters[0]


def over_time(shown: Assessment, item: ClusterActivity = LOG) -> Chart:
    drawn = refusals_over_time(item, shown, 1, SCREEN, WORDS)
    assert drawn is not None
    return drawn


def rows(drawn: Chart) -> list[list[str]]:
    assert drawn.table is not None
    return [[cell.text for cell in row] for row in drawn.table.rows]


def words(drawn: Chart) -> list[str]:
    return [shape.text for shape in drawn.picture.shapes if isinstance(shape, Words)]


def test_refusals_are_counted_by_kind_and_span() -> None:
    drawn = over_time(assessment())

    assert rows(drawn)[0] == ["2026-11-19 08:15:00 UTC", "2", "0", "0"]
    assert rows(drawn)[-1] == ["2026-11-20 08:00:00 UTC", "1", "0", "9"]
    assert "403 to known users: 202; 403 to anonymous users: 43; 401: 10." in drawn.picture.title


def test_the_alarm_is_drawn_with_its_threshold_and_what_it_compares() -> None:
    drawn = over_time(assessment([*FINDINGS, replayed(peak="31")]))

    assert "eks-refused: threshold 20" in words(drawn)
    assert "compares the requests of 5 minutes with 20; the highest value is 31" in drawn.picture.title
    assert [shape.stroke for shape in drawn.picture.shapes if isinstance(shape, Line) and shape.dashed] == ["fail"]


@pytest.mark.parametrize(
    "peak", [pytest.param("155", id="the metric adds another value"), pytest.param("x", id="no number")]
)
def test_an_alarm_whose_values_are_not_the_counts_is_not_drawn(peak: str) -> None:
    assert over_time(assessment([replayed(peak=peak)])) == over_time(assessment())


def test_the_hours_of_the_week_hold_the_same_refusals() -> None:
    drawn = refusals_by_hour(LOG, 1, SCREEN, WORDS)

    assert drawn is not None
    assert rows(drawn)[-1] == ["Fri", "08:00", "10"]
    assert sum(int(row[2]) for row in rows(drawn)) == 255
    assert "The most are on Thu at 20:00: 210 of 255" in drawn.picture.title


def test_reads_of_secrets_are_drawn_by_actor_the_refused_first() -> None:
    drawn = secret_reads(LOG, 1, SCREEN, WORDS)

    assert drawn is not None
    assert [row[0] for row in rows(drawn)][:2] == ["nobody: not authenticated", "system:serviceaccount:shop:cart"]
    assert [row[2:] for row in rows(drawn)][:2] == [["30", "0", "0", "0", "0"], ["0", "11", "0", "0", "0"]]
    assert sum(int(number) for row in rows(drawn) for number in row[2:]) == len(SECRET_HITS)
    assert "of SEC-READ-OK only the first hits are kept" in drawn.note


def test_time_with_events_is_a_share_that_is_never_rounded_to_all() -> None:
    short = Period(since=NOW - timedelta(minutes=9), until=NOW - timedelta(minutes=4))
    long = msgspec.structs.replace(
        LOG,
        window=Period(since=NOW - 365 * DAY, until=NOW),
        time_coverage=msgspec.structs.replace(LOG.time_coverage, gaps=(short,)),
    )
    plain = assessment()
    drawn = time_covered(assessment(activity=type(ACTIVITY)(clusters=(long,))), SCREEN, WORDS)
    both = time_covered(plain, SCREEN, WORDS)

    assert drawn is not None
    assert both is not None
    assert rows(drawn)[0][1] == "> 99.9 %"
    assert [row[1] for row in rows(both)] == ["99.1 %", "not known"]
    assert both.table is not None
    assert both.table.note.endswith(" AWS refused logs:StartQuery.")


def test_retention_ends_in_words_where_the_bar_ends_in_an_arrow() -> None:
    forever = finding("LOG-04", Status.PASS, LEGACY, "Never.", message=Message(id="LOG-04.forever", params={}))
    long = finding(
        "LOG-04", Status.PASS, SHOP, "Long.", resource=group("long"),
        message=Message(id="LOG-04.kept", params={"kept": {"seconds": 3653 * 86_400}}),
    )  # fmt: skip
    hidden = unseen("LOG-04", PROD, Cause.DENIED, "Refused.")
    off = unseen(
        "LOG-04", msgspec.structs.replace(LEGACY, cluster="a-new"), Cause.PREREQUISITE_FAILED, "LOG-01 failed."
    )
    drawn = retention(assessment([*FINDINGS, forever, long, hidden, off]), SCREEN, WORDS)

    assert drawn is not None
    assert [row[1:2] + row[3:] for row in rows(drawn)] == [
        ["audit logging off", "Not assessed"],
        ["not known", "Not assessed"],
        ["30 days", "Fail"],
        ["3,653 days", "Pass"],
        ["for ever", "Pass"],
    ]
    assert "for ever · Pass" in words(drawn)


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(msgspec.structs.replace(LOG, refusals=Refusals(minutes=()), rules=()), id="nothing was refused"),
        pytest.param(ACTIVITY.clusters[1], id="nothing was read"),
    ],
)
def test_nothing_is_drawn_of_nothing(item: ClusterActivity) -> None:
    assert refusals_over_time(item, assessment(), 1, SCREEN, WORDS) is None
    assert refusals_by_hour(item, 1, SCREEN, WORDS) is None
    assert secret_reads(item, 1, SCREEN, WORDS) is None
    assert time_covered(assessment(activity=type(ACTIVITY)(clusters=())), SCREEN, WORDS) is None
    assert retention(assessment(()), SCREEN, WORDS) is None


def test_a_table_that_is_too_long_for_paper_stays_away_and_says_so() -> None:
    every = Refusals(minutes=tuple((hour * 60, 1, 0, 0) for hour in range(494_000, 494_100)))
    item = msgspec.structs.replace(LOG, refusals=every)
    drawn = refusals_over_time(item, assessment(), 1, PAGES, WORDS)

    assert drawn is not None
    assert drawn.table is None
    assert "stands in the HTML report" in drawn.note


@pytest.mark.parametrize("span", [pytest.param(days * DAY, id=f"{days} days") for days in (0, 1, 7, 30, 90, 4_000)])
def test_an_axis_has_few_ticks_and_few_bins_whatever_the_window(span: timedelta) -> None:
    window = Period(since=NOW - span, until=NOW)
    ticks = [shape for shape in TimeAxis(window, 100).shapes(0, 10) if isinstance(shape, Words)]

    assert len(ticks) <= 9
    assert span / bin_of(window) <= 170


def test_no_box_leaves_the_picture() -> None:
    shown = assessment([*FINDINGS, replayed(peak="31")])
    drawn = [over_time(shown), secret_reads(LOG, 1, SCREEN, WORDS), time_covered(shown, SCREEN, WORDS)]

    boxes = [shape for item in drawn if item for shape in item.picture.shapes if isinstance(shape, Box)]

    assert [box for box in boxes if box.x < 0 or box.x + box.width > WIDTH + 10] == []


def caused() -> list[Chart]:
    return list(cost(assessment(cost=costs()), SCREEN, WORDS).causes)


def test_the_cost_of_a_log_is_told_by_log_type_client_user_verb_and_resource() -> None:
    prod, *_ = caused()

    assert prod.caption == "What the cost comes from: prod (eu-central-1)"
    assert {row[0] for row in rows(prod)} == {"log type", "client", "user", "verb", "resource"}
    assert ["log type", "audit", "–", "80.0 %", "904.00 USD"] in rows(prod)
    assert ["client", "kubectl", "7", "60.0 %", "542.40 USD"] in rows(prod)
    assert "client: kubectl 542.40 USD · 60.0 %; all others 361.60 USD · 40.0 %" in prod.picture.title


def test_bars_of_a_kind_make_the_whole_log_and_never_run_out_of_the_picture() -> None:
    for drawn in caused():
        boxes = [shape for shape in drawn.picture.shapes if isinstance(shape, Box)]
        assert all(box.x + box.width <= WIDTH for box in boxes)
        assert all(box.y + box.height <= drawn.picture.height for box in boxes)
        assert {"all others"} <= set(words(drawn)) or not any(row[0] == "client" for row in rows(drawn))


def test_a_log_without_a_price_shows_shares_alone() -> None:
    given = region_cost("us-east-1", volumes(volume("prod")), DENIED, WANTED, MADE_OF)

    drawn = causes(given, given.groups[0], 1, SCREEN, WORDS)

    assert drawn is not None
    assert "60.0 %" in words(drawn)
    assert ["client", "kubectl", "7", "60.0 %", "not priced"] in rows(drawn)


def test_a_log_of_which_nothing_is_known_has_no_chart_of_causes() -> None:
    given = region_cost("us-east-1", volumes(volume("prod")), DENIED, WANTED)

    assert causes(given, given.groups[0], 1, SCREEN, WORDS) is None


@pytest.mark.parametrize("left", [0, 190])
def test_a_legend_stays_in_the_picture(left: float) -> None:
    entries: list[tuple[str, Colour, Colour]] = [
        ("kept, and audit logging on", "accent", "accent"),
        ("not kept, or before the log group", "paper", "fail"),
        ("audit logging off", "heat1", "unseen"),
    ]
    drawn = [shape for shape in legend(entries, left) if isinstance(shape, Words)]

    assert [shape.text for shape in drawn] == [words for words, _, _ in entries]
    assert all(shape.x >= 0 and shape.x + 5.6 * len(shape.text) <= WIDTH for shape in drawn)
