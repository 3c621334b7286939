"""Waivers and dispositions: what they take, what they leave, and what is said of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.render.sample import FINDINGS, NOW, PROD, THROUGHOUT, finding, group
from tests.samples import CLUSTER, cluster, collection, logging, sound_sections

from eksaminer.assessment import assess
from eksaminer.criteria import Criteria
from eksaminer.decisions import AcceptedRisk, Answer, Decisions, Disposition
from eksaminer.findings import Assessment, Finding, Message
from eksaminer.gate import FAILED, Gate, decide
from eksaminer.outcome import Resource, Status
from eksaminer.registry import load_checks
from eksaminer.waivers import apply

GROUP = group("prod")
TODAY = NOW.date()
ACTOR = "arn:aws:iam::111122223333:role/deploy"


def risk(**changes: object) -> AcceptedRisk:
    item = AcceptedRisk(
        id="W-1",
        check="LOG-04",
        resource=GROUP.id,
        reason="Moves to S3.",
        approver="ciso@example.com",
        created=date(2026, 10, 1),
        expires=date(2026, 12, 31),
    )
    return msgspec.structs.replace(item, **changes)


def answer(found: Finding, said: Answer = "authorised", day: date = TODAY) -> Disposition:
    return Disposition(finding=found.id, answer=said, reviewer="dana@example.com", date=day, reason="A change.")


def short(**changes: object) -> Finding:
    return finding("LOG-04", Status.FAIL, PROD, "Kept for 30 days.", resource=GROUP, **changes)


def lead(actor: str = ACTOR, last: datetime = NOW - timedelta(hours=2)) -> Finding:
    return finding(
        "EKS-AWS-AUTH",
        Status.REVIEW,
        PROD,
        f"{actor} changed aws-auth.",
        discriminator=actor,
        assertion=THROUGHOUT,
        message=Message(id="rule.hits", params={"last": {"time": last.isoformat()}, "count": 2}),
    )


def waived(*found: Finding, **changes: object) -> tuple[str, ...]:
    """Return the ids of the findings that one waiver takes on the day NOW."""
    after, _ = apply(found, Decisions(waivers=(risk(**changes),)), NOW)
    return tuple(item.id for item in after if item.waiver is not None)


def test_a_waived_finding_stays_a_failure_and_says_who_accepted_it_and_until_when() -> None:
    (after,), use = apply([short()], Decisions(waivers=(risk(compensating_control="Object Lock."),)), NOW)

    assert after.status is Status.FAIL
    assert after.waiver is not None
    assert (after.waiver.id, after.waiver.approver) == ("W-1", "ciso@example.com")
    assert after.waiver.expires == datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert after.waiver.compensating_control == "Object Lock."
    (told,) = use.waivers
    assert (told.state, told.days_left, told.findings) == ("in_force", 41, (after.id,))


@pytest.mark.parametrize(
    ("expires", "takes"),
    [
        pytest.param(NOW.date(), True, id="on its last day"),
        pytest.param(NOW.date() - timedelta(days=1), False, id="on the day after"),
    ],
)
def test_a_waiver_holds_through_its_last_day(expires: date, *, takes: bool) -> None:
    after, use = apply([short()], Decisions(waivers=(risk(expires=expires),)), NOW)

    assert (after[0].waiver is not None) is takes
    assert (use.waivers[0].state == "expired") is not takes
    assert use.waivers[0].findings == (after[0].id,)


def test_the_day_is_that_of_utc() -> None:
    late = datetime(2026, 12, 31, 23, 30, tzinfo=UTC).astimezone(timezone(timedelta(hours=14)))
    after, _ = apply([short()], Decisions(waivers=(risk(),)), late)

    assert after[0].waiver is not None


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"check": "LOG-05"}, id="another check"),
        pytest.param({"resource": GROUP.id.removesuffix("/cluster")}, id="the beginning of the name"),
        pytest.param({"resource": "*"}, id="a pattern where a name stands"),
        pytest.param({"resource": "", "resource_glob": "arn:aws:logs:us-east-1:*"}, id="a pattern of another region"),
        pytest.param({"resource": "", "finding": "0" * 64}, id="another finding"),
    ],
)
def test_a_waiver_takes_nothing_it_does_not_name(changes: dict[str, object]) -> None:
    assert not waived(short(), **changes)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="the resource"),
        pytest.param({"resource": "", "resource_glob": "arn:aws:logs:*:log-group:/aws/eks/prod/*"}, id="a pattern"),
        pytest.param({"resource": "", "finding": short().id}, id="the finding"),
        pytest.param({"resource": "", "finding": short().id[:12]}, id="the first digits of the finding"),
    ],
)
def test_a_waiver_takes_what_it_names(changes: dict[str, object]) -> None:
    assert waived(short(), **changes) == (short().id,)


def test_a_waiver_of_one_part_leaves_the_others() -> None:
    found = [short(aspect="api"), short(aspect="audit")]

    assert waived(*found, check="LOG-04.api") == (found[0].id,)
    assert waived(*found) == (found[0].id, found[1].id)


def test_a_waiver_of_a_resource_takes_no_actor_and_says_how_one_is_named() -> None:
    """So that the risk accepted for one actor does not hide the next intruder."""
    found, resource = lead(), Resource(type="AWS::EKS::Cluster", id=lead().resource.id)
    item = risk(check="EKS-AWS-AUTH", resource=resource.id)
    after, use = apply([found], Decisions(waivers=(item,)), NOW)

    assert after[0].waiver is None
    assert (use.waivers[0].state, use.waivers[0].to_be_named) == ("unused", 1)


def test_a_waiver_of_what_passes_or_was_not_seen_is_unused() -> None:
    for status in (Status.PASS, Status.NOT_ASSESSED, Status.NOT_APPLICABLE):
        after, use = apply([msgspec.structs.replace(short(), status=status)], Decisions(waivers=(risk(),)), NOW)

        assert after[0].waiver is None
        assert (use.waivers[0].state, use.waivers[0].without_exception) == ("unused", 1)


def test_of_two_waivers_the_one_that_ends_last_is_shown() -> None:
    both = Decisions(waivers=(risk(id="W-2", expires=date(2027, 1, 31)), risk()))
    (after,), use = apply([short()], both, NOW)

    assert after.waiver is not None
    assert after.waiver.id == "W-2"
    assert [item.state for item in use.waivers] == ["in_force", "in_force"]


@pytest.mark.parametrize(
    ("last", "state"),
    [
        pytest.param(NOW - timedelta(hours=2), "applied", id="events before the answer"),
        pytest.param(NOW + timedelta(days=1), "outdated", id="events after the answer"),
    ],
)
def test_an_answer_covers_no_event_that_came_after_it(last: datetime, state: str) -> None:
    found = lead(last=last)
    (after,), use = apply([found], Decisions(dispositions=(answer(found),)), NOW)

    assert use.dispositions[0].state == state
    assert after.disposition == ("authorised" if state == "applied" else None)


def test_an_answer_to_a_period_without_times_covers_it_only_when_it_was_given_after_its_end() -> None:
    found = msgspec.structs.replace(lead(), message=Message(id="rule.hits", params={}))
    days = {item: answer(found, day=item) for item in (NOW.date(), NOW.date() - timedelta(days=1))}
    states = [apply([found], Decisions(dispositions=(days[day],)), NOW)[1].dispositions[0].state for day in days]

    assert states == ["applied", "outdated"]


def test_an_answer_is_for_a_review_alone() -> None:
    (after,), use = apply([short()], Decisions(dispositions=(answer(short()),)), NOW)

    assert after.disposition is None
    assert use.dispositions[0].state == "unused"


def test_what_became_of_the_decisions_gives_them_back() -> None:
    given_ = Decisions(waivers=(risk(),), dispositions=(answer(lead()),))

    assert apply(FINDINGS, given_, NOW)[1].given == given_


@given(st.permutations([risk(id=f"W-{place}", expires=date(2026, 11, 15 + place)) for place in range(9)]))
def test_the_order_of_waivers_changes_nothing(items: list[AcceptedRisk]) -> None:
    ordered = sorted(items, key=lambda item: item.id)

    assert apply([short()], Decisions(waivers=tuple(items)), NOW) == apply(
        [short()], Decisions(waivers=tuple(ordered)), NOW
    )


# The whole judgement ------------------------------------------------------------------------------


def judged(decisions: Decisions | None = None) -> Assessment:
    """Judge a cluster whose audit log is off, by the check of that alone."""
    found = collection({**sound_sections(), CLUSTER: (cluster(), logging("api"))})
    checks = [check for check in load_checks(()).checks if check.id == "LOG-01"]
    return assess(found, checks, Criteria(), packs=(), decisions=decisions)


def _accepted() -> Decisions:
    (failed,) = [item for item in judged().findings if item.status is Status.FAIL]
    return Decisions(waivers=(risk(check="LOG-01", resource=failed.resource.id, expires=date(2099, 1, 1)),))


def test_an_accepted_risk_makes_no_exit_code_and_no_exception() -> None:
    before, after = judged(), judged(_accepted())

    assert decide(before, Gate()).code == FAILED
    assert decide(after, Gate()).code != FAILED
    assert before.conclusions[0].conclusion == "exception noted"
    assert after.conclusions[0].conclusion != "exception noted"
    assert "Accepted risks: 1." in after.conclusions[0].reasons
    assert (after.summary.statuses["fail"], after.summary.waived) == (1, 1)


def test_a_run_with_other_decisions_is_another_run() -> None:
    assert judged().run.id == judged(Decisions()).run.id != judged(_accepted()).run.id
