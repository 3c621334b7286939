from datetime import timedelta

import pytest
from tests.checks.judging import findings, statuses
from tests.samples import ALL_WRITES, DENIED, NOW, changed, trail, trails

from eksaminer.evidence.cloudtrail import Trail
from eksaminer.evidence.selectors import FieldSelector, Selector, Selectors
from eksaminer_checks.audit_cloudtrail_logs.trail_records_region import trail_records_region


def advanced(*fields: tuple[str, str, str]) -> Selectors:
    conditions = tuple(FieldSelector(field=name, operator=how, values=(value,)) for name, how, value in fields)  # type: ignore[arg-type]  # - operators by name
    management = ("eventCategory", "Equals", "Management") in fields
    return Selectors(
        items=(
            Selector(
                name="", classic=False, read_write="", management=management, excluded_sources=(), fields=conditions
            ),
        )
    )


def with_status(**fields: object) -> Trail:
    return trail(status=changed(trail().status, **fields))


MANAGEMENT = ("eventCategory", "Equals", "Management")


@pytest.mark.parametrize(
    ("found", "status"),
    [
        pytest.param(trail(), "pass", id="sound"),
        pytest.param(trail(multi_region=False), "pass", id="of this region alone"),
        pytest.param(trail(multi_region=False, home_region="us-east-1"), "fail", id="of another region"),
        pytest.param(with_status(logging=False), "fail", id="switched off"),
        pytest.param(with_status(delivery_error="AccessDenied"), "fail", id="cannot deliver"),
        pytest.param(with_status(latest_delivery=NOW - timedelta(hours=24)), "pass", id="delivered a day ago"),
        pytest.param(with_status(latest_delivery=NOW - timedelta(hours=25)), "fail", id="delivery is stale"),
        pytest.param(with_status(latest_delivery=None), "fail", id="never delivered"),
        pytest.param(
            with_status(latest_delivery=None, started=NOW - timedelta(minutes=30)), "pass", id="started just now"
        ),
        pytest.param(
            trail(selectors=Selectors(items=(changed(ALL_WRITES, read_write="ReadOnly"),))), "fail", id="reads alone"
        ),
        pytest.param(
            trail(selectors=Selectors(items=(changed(ALL_WRITES, management=False),))), "fail", id="data events alone"
        ),
        pytest.param(trail(selectors=Selectors(items=())), "fail", id="no selector"),
        pytest.param(trail(selectors=advanced(MANAGEMENT)), "pass", id="advanced"),
        pytest.param(
            trail(selectors=advanced(MANAGEMENT, ("readOnly", "Equals", "true"))), "fail", id="advanced, reads alone"
        ),
        pytest.param(
            trail(selectors=advanced(MANAGEMENT, ("readOnly", "NotEquals", "true"))), "pass", id="advanced, writes"
        ),
        pytest.param(
            trail(selectors=advanced(MANAGEMENT, ("eventSource", "NotEquals", "kms.amazonaws.com"))),
            "pass",
            id="advanced, without the noise of KMS",
        ),
        pytest.param(
            trail(selectors=advanced(MANAGEMENT, ("eventSource", "Equals", "s3.amazonaws.com"))),
            "fail",
            id="advanced, another service alone",
        ),
        pytest.param(
            trail(selectors=advanced(MANAGEMENT, ("eventSource", "NotEquals", "logs.amazonaws.com"))),
            "fail",
            id="advanced, without CloudWatch Logs",
        ),
        pytest.param(
            trail(selectors=advanced(MANAGEMENT, ("eventName", "NotStartsWith", "Stop"))),
            "fail",
            id="advanced, without the call that stops it",
        ),
        pytest.param(
            trail(selectors=advanced(MANAGEMENT, ("userIdentity.arn", "NotStartsWith", "arn:aws:iam::1:role/ci"))),
            "review",
            id="advanced, not everyone",
        ),
        pytest.param(
            trail(selectors=advanced(MANAGEMENT, ("sessionCredentialFromConsole", "Equals", "true"))),
            "review",
            id="advanced, people at the console alone",
        ),
        pytest.param(
            trail(selectors=Selectors(items=(changed(ALL_WRITES, excluded_sources=("kms.amazonaws.com",)),))),
            "pass",
            id="classic, without the noise of KMS",
        ),
        pytest.param(trail(selectors=advanced(("eventCategory", "Equals", "Data"))), "fail", id="advanced, data"),
        pytest.param(trail(status=DENIED), "not_assessed", id="status not readable"),
        pytest.param(trail(selectors=DENIED), "not_assessed", id="selectors not readable"),
        pytest.param(
            changed(with_status(logging=False), selectors=DENIED), "fail", id="off, whatever its selectors are"
        ),
    ],
)
def test_judges_a_single_trail(found: Trail, status: str) -> None:
    assert statuses(trail_records_region, trails(found))[0] == status


def test_two_trails_may_share_the_calls_between_them() -> None:
    eks = advanced(MANAGEMENT, ("eventSource", "StartsWith", "eks"))
    rest = advanced(MANAGEMENT, ("eventSource", "NotEquals", "eks.amazonaws.com"))

    assert statuses(trail_records_region, trails(trail(selectors=eks))) == ["fail"]
    assert statuses(trail_records_region, trails(trail(selectors=eks), trail("b", selectors=rest))) == ["pass"]


def test_a_call_that_an_unreadable_trail_may_record_is_not_lost() -> None:
    eks = advanced(MANAGEMENT, ("eventSource", "StartsWith", "eks"))
    found = trails(trail(selectors=eks), trail("b", selectors=DENIED, home_region="us-east-1"))

    assert statuses(trail_records_region, found) == ["not_assessed"]


@pytest.mark.parametrize(
    ("region", "status"), [("eu-central-1", "pass"), ("us-east-1", "fail")], ids=["elsewhere", "where IAM is recorded"]
)
def test_global_services_are_asked_for_where_they_are_recorded(region: str, status: str) -> None:
    found = changed(trails(trail(global_events=False)), region=region)

    assert statuses(trail_records_region, found)[0] == status


def test_a_trail_for_data_events_is_no_defective_one() -> None:
    data = trail("data", selectors=Selectors(items=(changed(ALL_WRITES, management=False),)))

    assert statuses(trail_records_region, trails(trail(), data)) == ["pass"]


def test_a_copy_to_cloudwatch_that_fails_is_for_review() -> None:
    found = changed(with_status(logs_error="AccessDenied"), log_group="arn:aws:logs:x:1:log-group:trail")

    assert statuses(trail_records_region, trails(found)) == ["pass", "review"]


def test_an_old_error_of_a_copy_that_was_given_up_does_not_matter() -> None:
    assert statuses(trail_records_region, trails(with_status(logs_error="AccessDenied"))) == ["pass"]


def test_fails_without_any_trail() -> None:
    assert statuses(trail_records_region, trails()) == ["fail"]


def test_a_sound_trail_carries_the_region_and_a_defective_one_is_reviewed() -> None:
    broken = changed(
        with_status(logging=False), arn="arn:aws:cloudtrail:eu-central-1:111122223333:trail/old", name="old"
    )

    found = findings(trail_records_region, trails(trail(), broken))

    assert {(item.resource.type, item.status.value) for item in found} == {
        ("AWS::::Region", "pass"),
        ("AWS::CloudTrail::Trail", "review"),
    }


def test_a_defective_trail_is_reported_in_its_home_region_alone() -> None:
    broken = changed(with_status(logging=False), arn="arn:x:trail/old", home_region="us-east-1")

    assert statuses(trail_records_region, trails(trail(), broken)) == ["pass"]


def test_a_sound_trail_is_enough_where_another_could_not_be_read() -> None:
    hidden = trail("hidden", status=DENIED, home_region="us-east-1")

    assert statuses(trail_records_region, trails(trail(), hidden)) == ["pass"]
