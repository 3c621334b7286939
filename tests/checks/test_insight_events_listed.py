from datetime import timedelta

import pytest
from tests.checks.judging import findings, statuses
from tests.samples import DENIED, NOW, changed, insight_event, insight_events, store, stores, trail, trails

from eksaminer.evidence.cloudtrail import InsightSelectors
from eksaminer.evidence.model import Section
from eksaminer.evidence.trail_insights import InsightEvents, SwitchedOn
from eksaminer.gap import Cause, Gap
from eksaminer_checks.use_cloudtrail_insights.insight_events_listed import SHOWN, insight_events_listed

RECENT = Gap(cause=Cause.TOO_RECENT, detail="It was switched on an hour ago.")
SWITCHED = (SwitchedOn(source=trail().arn, gap=RECENT),)
OFF = InsightSelectors(items=())


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param((insight_events(),), ["pass"], id="none"),
        pytest.param((insight_events(insight_event()),), ["review"], id="one"),
        pytest.param((insight_events(insight_event(), insight_event(id="2")),), ["review", "review"], id="two"),
        pytest.param((insight_events(unread=(DENIED,)),), ["not_assessed"], id="not all was read"),
        pytest.param((insight_events(insight_event(), unread=(DENIED,)),), ["review"], id="one, and not all was read"),
        pytest.param((insight_events(switched_on=SWITCHED),), ["not_assessed"], id="no baseline yet"),
        pytest.param(
            (insight_events(switched_on=SWITCHED), trails(trail(), trail("b"))), ["pass"], id="another trail has one"
        ),
        pytest.param((insight_events(switched_on=SWITCHED), stores(store())), ["pass"], id="a store has one"),
        pytest.param(
            (insight_events(switched_on=SWITCHED), stores(store(too_recent=RECENT))),
            ["not_assessed"],
            id="a store is as new",
        ),
        pytest.param(
            (insight_events(), trails(trail(insights=OFF)), stores(store(too_recent=RECENT))),
            ["not_assessed"],
            id="a new store alone",
        ),
        pytest.param(
            (insight_events(), trails(trail(insights=DENIED))), ["not_assessed"], id="whether it is on was not seen"
        ),
        pytest.param(
            (insight_events(insight_event()), trails(trail(insights=DENIED))),
            ["review"],
            id="an event shows it",
        ),
    ],
)
def test_judges_the_events_of_the_period(found: tuple[Section, ...], expected: list[str]) -> None:
    assert statuses(insight_events_listed, *found) == expected


def test_an_event_shows_its_deviation_and_its_principals() -> None:
    (found,) = findings(
        insight_events_listed, insight_events(insight_event(error="AccessDenied", type="ApiErrorRateInsight"))
    )

    assert "Errors (AccessDenied) of iam:AttachRolePolicy ran at 42.5 a minute, against 0.002 before" in found.text
    assert "arn:aws:iam::111122223333:role/app" in found.text
    assert "21,250" in str(found.evidence)


def test_an_event_that_goes_on_says_so() -> None:
    (found,) = findings(insight_events_listed, insight_events(insight_event(ended=None, principals=())))

    assert "the end was not seen" in found.text
    assert "attributed to: none" in found.text


def test_of_many_events_the_latest_are_listed_and_the_rest_is_counted() -> None:
    many = [
        insight_event(id=f"{number:04}", started=NOW - timedelta(hours=900 - number)) for number in range(SHOWN + 7)
    ]

    found = findings(insight_events_listed, insight_events(*many))

    assert len(found) == SHOWN + 1
    assert any("Another 7 Insights events" in item.text for item in found)


def test_an_event_has_the_same_identity_in_the_next_audit() -> None:
    (one,) = findings(insight_events_listed, insight_events(insight_event()))
    later: InsightEvents = changed(insight_events(insight_event(ended=None), insight_event(id="2")))

    assert one.id in {item.id for item in findings(insight_events_listed, later)}
