"""The chapter on cost: what it says of logs that are expensive, not known, or not priced."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from tests.render.costs import WANTED, costs, plain, unpriced
from tests.render.sample import assessment
from tests.samples import sheet, volume, volumes

from eksaminer.cost import Composition, region_cost
from eksaminer.criteria import Criteria
from eksaminer.findings import Assessment, Cost
from eksaminer.render import html, terminal
from eksaminer.render.blocks import Table
from eksaminer.render.cost import cost, line
from eksaminer.render.drawing import Words
from eksaminer.render.limits import PAGES, SCREEN
from eksaminer.render.texts import ENGLISH, texts

WORDS = texts(ENGLISH)


def of(given: Cost, **criteria: object) -> Assessment:
    return assessment(cost=given, criteria=msgspec.structs.replace(Criteria(maximum_retention_days=1_100), **criteria))


def cells(table: Table | None) -> list[tuple[str, ...]]:
    assert table is not None
    return [tuple(cell.text for cell in row) for row in table.rows]


LINES = [
    pytest.param(plain(), "about 215.47 USD a month, 2,585.60 USD a year", id="all known"),
    pytest.param(costs(), "at least", id="partly known"),
    pytest.param(unpriced(), "measured and not priced", id="not priced"),
    pytest.param(Cost(calls=()), "", id="nothing"),
]


@pytest.mark.parametrize(("given", "said"), LINES)
def test_one_line_says_what_it_costs(given: Cost, said: str) -> None:
    assert said in line(of(given), WORDS)


def test_the_terminal_has_the_line() -> None:
    assert "215.47 USD a month" in terminal.render(of(plain()))


def test_names_first_what_saves_and_takes_nothing_away() -> None:
    view = cost(of(plain()), PAGES, WORDS)

    assert [row[1] for row in cells(view.advice)] == [
        "Keep events 90 days",
        "Keep events 90 days",
        "Class Infrequent Access",
        "Class Infrequent Access",
    ]


def test_advises_nothing_that_keeps_events_too_short() -> None:
    view = cost(of(costs()), PAGES, WORDS)

    assert not {row[1] for row in cells(view.advice)} & {"Keep events 30 days", "Keep events 60 days"}


def test_says_of_each_option_what_follows() -> None:
    (prod, *_) = cost(of(plain()), PAGES, WORDS).options

    said = {row[0]: row[3] for row in cells(prod)}
    assert said["Keep events 3653 days"] == "Too long: at most 1,100 days are allowed."
    assert said["Keep events 90 days"] == (
        "Keeps the 90 days that are required (tool default). Events that are older are then deleted for good."
    )
    assert "alarms on 401 and 403" in said["Class Infrequent Access"]


def test_a_month_is_a_twelfth_of_the_year_that_is_shown() -> None:
    rows = cells(cost(of(plain()), PAGES, WORDS).groups)

    assert rows[0][3:] == ("1,030.00 USD", "262.80 USD", "1,292.80 USD", "107.73 USD")


def test_what_is_not_priced_is_shown_as_that() -> None:
    view = cost(of(unpriced()), PAGES, WORDS)

    assert cells(view.groups)[0][3:] == ("not priced",) * 4
    assert any("Access was denied" in note and "x:Y" in note for note in view.notes)
    assert view.picture is None


def test_names_the_permission_that_a_region_lacks() -> None:
    view = cost(of(costs()), PAGES, WORDS)

    assert any("eu-west-3" in sentence and "cloudwatch:GetMetricData" in sentence for sentence in view.lead)


def test_says_which_audit_logs_are_in_no_figure() -> None:
    view = cost(of(plain(), monthly_budget=Decimal(300)), PAGES, WORDS)

    assert any("The audit log of legacy" in note for note in view.notes)
    assert any("budget is 300.00 USD" in sentence for sentence in view.lead)


def test_draws_a_bar_for_each_priced_cluster() -> None:
    view = cost(of(costs()), SCREEN, WORDS)

    assert view.picture is not None
    words = {shape.text for shape in view.picture.shapes if isinstance(shape, Words)}
    assert {"prod (eu-central-1)", "young (eu-central-1)"} <= words
    assert not any("far" in word for word in words)


def test_the_last_row_is_the_sum_of_all_log_groups() -> None:
    *rows, total = cells(cost(of(plain()), PAGES, WORDS).groups)

    assert len(rows) == 2
    assert total == ("All log groups", "8.00", "", "2,060.00 USD", "525.60 USD", "2,585.60 USD", "215.47 USD")


def test_a_sum_that_is_not_all_says_so() -> None:
    table = cost(of(costs()), PAGES, WORDS).groups

    assert table is not None
    assert [row[0].under for row in table.rows if row[0].text == "All log groups"] == [
        "at least: not all are measured or priced"
    ]


def test_says_that_the_audit_log_stays_only_where_there_is_one() -> None:
    given = costs()
    without = region_cost(
        "eu-central-1",
        volumes(volume("prod")),
        sheet(),
        WANTED,
        Composition(types={"/aws/eks/prod/cluster": {"api": 1}}),
    )

    with_one, *_ = [table for table in cost(of(given), SCREEN, WORDS).options if "prod" in table.caption]
    (none,) = cost(of(Cost(calls=(), regions=(without,))), SCREEN, WORDS).options

    assert "The audit log stays." in said(with_one)["Leave out the log type api"]
    assert "The audit log stays." not in said(none)["Leave out the log type api"]


def said(table: Table) -> dict[str, str]:
    return {row[0]: row[3] for row in cells(table)}


def test_every_price_that_was_used_is_shown() -> None:
    first, *_ = cells(cost(of(costs()), PAGES, WORDS).prices)

    assert first[:8] == ("eu-central-1", "1 / 0.5", "0.1", "0.01", "0.03", "0.02", "0.35", "USD")


def test_says_what_the_queries_that_were_run_cost() -> None:
    (prod,) = cells(cost(of(costs()), PAGES, WORDS).searched)

    assert prod == ("prod", "12", "2026-11-16 to 2026-11-23", "30.00", "0.30 USD")


def test_says_what_each_type_of_insights_costs_and_whether_it_is_on() -> None:
    table = cost(of(costs()), PAGES, WORDS).insights

    assert table is not None
    assert [(row[1].under, row[3].text, row[3].under, row[4].text) for row in table.rows] == [
        ("on, in 1 trail or event data store", "365,000", "", "1.28 USD"),
        ("off", "365,000", "at least: files are missing", "1.28 USD"),
        ("whether it is on was not seen everywhere", "365,000", "", "not priced"),
        ("on, in 2 trails or event data stores", "not known", "", "not known"),
    ]
    assert table.rows[0][4].under == "0.35 per 100,000"
    assert cost(of(plain()), PAGES, WORDS).insights is None


def test_says_where_the_log_types_were_asked_for_and_are_not_known() -> None:
    assert "us-west-2: The log types were not measured. " in cost(of(costs()), PAGES, WORDS).notes


def test_names_of_clusters_are_shown_as_text() -> None:
    hostile = msgspec.json.encode(of(plain())).replace(b'"prod"', b'"<script>alert(1)</script>"')

    page = html.render(msgspec.json.decode(hostile, type=Assessment))

    assert "<script>alert(1)" not in page.decode()
