from __future__ import annotations

from datetime import timedelta

import pytest
from tests.checks.judging import findings
from tests.samples import DENIED, NOW, TRAIL_KEY, changed, cloudtrail_events, management_event, trail, trails

from eksaminer.evidence.cloudtrail import TrailStatus
from eksaminer.evidence.lookups import FilesRead, ManagementEvent
from eksaminer.evidence.selectors import Selector, Selectors
from eksaminer_checks.audit_cloudtrail_logs.auditing_not_weakened import auditing_not_weakened

STOPPED = {"name": "main"}
DATA_ALONE = Selector(name="", classic=True, read_write="All", management=False, excluded_sources=(), fields=())
LOGS, KMS, S3 = "logs.amazonaws.com", "kms.amazonaws.com", "s3.amazonaws.com"
GUARDDUTY, ALARMS = "guardduty.amazonaws.com", "monitoring.amazonaws.com"
EKS, RULES = "eks.amazonaws.com", "events.amazonaws.com"


def event(name: str, parameters: dict[str, str], source: str = "", **fields: object) -> ManagementEvent:
    return management_event(
        name, parameters=parameters, **({"source": source} if source else {}), **fields
    )  # fmt: skip


def judged(*events: ManagementEvent) -> list[tuple[str, str]]:
    seen = trails(trail(kms_key=TRAIL_KEY, log_group="arn:aws:logs:eu-central-1:1:log-group:trail-copy"))
    found = findings(auditing_not_weakened, cloudtrail_events(*events), seen)
    return [(item.status.value, item.message.id) for item in found if item.status.value != "pass"]


CASES = [
    pytest.param(event("StopLogging", STOPPED), ("fail", "CT-05.weakened"), id="a trail is stopped"),
    pytest.param(event("StopLogging", STOPPED, error="AccessDenied"), ("review", "CT-05.refused"), id="refused"),
    pytest.param(event("DeleteTrail", {"name": "main"}), ("fail", "CT-05.weakened"), id="a trail is deleted"),
    pytest.param(
        event("UpdateTrail", {"name": "main", "enableLogFileValidation": "false"}),
        ("fail", "CT-05.weakened"), id="validation off",
    ),
    pytest.param(event("UpdateTrail", {"name": "main", "s3BucketName": "x"}), ("review", "CT-05.perhaps"), id="moved"),
    pytest.param(
        event("PutEventSelectors", {"trailName": "main", "eventSelectors": '[{"includeManagementEvents":false}]'}),
        ("fail", "CT-05.weakened"), id="no management events",
    ),
    pytest.param(
        event("PutEventSelectors", {
            "trailName": "main",
            "eventSelectors": '[{"includeManagementEvents":true,"readWriteType":"WriteOnly"}]',
        }),
        ("fail", "CT-05.weakened"), id="writes alone",
    ),
    pytest.param(
        event("PutEventSelectors", {
            "trailName": "main",
            "advancedEventSelectors": '[{"fieldSelectors":[{"field":"eventCategory","equals":["Data"]}]}]',
        }),
        ("fail", "CT-05.weakened"), id="data events alone, advanced",
    ),
    pytest.param(
        event("PutInsightSelectors", {"trailName": "main", "insightSelectors": "[]"}),
        ("fail", "CT-05.weakened"), id="Insights off",
    ),
    pytest.param(
        event("DeleteLogGroup", {"logGroupName": "trail-copy"}, LOGS), ("fail", "CT-05.weakened"),
        id="the copy of a trail",
    ),
    pytest.param(
        event("DeleteLogGroup", {"logGroupName": "/aws/eks/gone/cluster"}, LOGS), ("fail", "CT-05.weakened"),
        id="the log of a cluster that is gone",
    ),
    pytest.param(
        event("ScheduleKeyDeletion", {"keyId": TRAIL_KEY}, KMS), ("fail", "CT-05.weakened"), id="the key of a trail"
    ),
    pytest.param(
        event("DeleteBucketPolicy", {"bucketName": "trail-bucket"}, S3), ("fail", "CT-05.weakened"), id="the bucket"
    ),
    pytest.param(
        event("PutBucketLifecycle", {
            "bucketName": "trail-bucket", "LifecycleConfiguration": '{"Rule":{"Expiration":{"Days":7}}}',
        }, S3),
        ("fail", "CT-05.weakened"), id="log files expire",
    ),
    pytest.param(
        event("PutBucketLifecycle", {
            "bucketName": "trail-bucket",
            "LifecycleConfiguration": '{"Rule":[{"Expiration":{"Days":700}},{"Expiration":{"Days":7}}]}',
        }, S3),
        ("fail", "CT-05.weakened"), id="log files expire by the second of two rules",
    ),
    pytest.param(
        event("UpdateClusterConfig", {
            "name": "gone", "logging": '{"clusterLogging":[{"enabled":false,"types":["audit"]}]}',
        }, EKS),
        ("fail", "CT-05.weakened"), id="a cluster that is gone, or left out",
    ),
    pytest.param(event("DeleteCluster", {"name": "gone"}, EKS), ("review", "CT-05.perhaps"), id="a cluster deleted"),
    pytest.param(
        event("PutMetricAlarm", {"alarmName": "refused", "actionsEnabled": "false"}, ALARMS),
        ("review", "CT-05.perhaps"), id="an alarm without its actions",
    ),
    pytest.param(
        event("PutRule", {"name": "insights", "state": "DISABLED"}, RULES), ("review", "CT-05.perhaps"),
        id="a rule written anew, switched off",
    ),
    pytest.param(
        event("UpdateEventDataStore", {"eventDataStore": "x", "multiRegionEnabled": "false"}),
        ("review", "CT-05.perhaps"), id="an event data store of one region",
    ),
    pytest.param(
        event("PutBucketPublicAccessBlock", {
            "bucketName": "trail-bucket", "PublicAccessBlockConfiguration": '{"BlockPublicPolicy":false}',
        }, S3),
        ("review", "CT-05.perhaps"), id="public access no longer blocked",
    ),
    pytest.param(
        event("UpdateDetector", {"detectorId": "d", "features": '[{"name":"EKS_AUDIT_LOGS","status":"DISABLED"}]'},
              GUARDDUTY),
        ("fail", "CT-05.weakened"), id="GuardDuty without audit logs",
    ),
    pytest.param(
        event("DeleteAlarms", {"alarmNames": '["refused"]'}, ALARMS), ("review", "CT-05.perhaps"), id="an alarm"
    ),
]  # fmt: skip
TRAPS = [
    pytest.param(event("UpdateTrail", {"name": "main", "enableLogFileValidation": "true"}), id="validation on"),
    pytest.param(
        event("PutEventSelectors", {
            "trailName": "main", "eventSelectors": '[{"includeManagementEvents":true,"readWriteType":"All"}]',
        }),
        id="all events",
    ),
    pytest.param(
        event("PutInsightSelectors", {
            "trailName": "main", "insightSelectors": '[{"insightType":"ApiCallRateInsight"}]',
        }),
        id="Insights on",
    ),
    pytest.param(event("DeleteLogGroup", {"logGroupName": "/aws/lambda/x"}, LOGS), id="another log group"),
    pytest.param(event("DeleteLogGroup", {"logGroupName": "/aws/eks/demo/cluster"}, LOGS), id="LOG-09 judges it"),
    pytest.param(event("DisableKey", {"keyId": "another"}, KMS), id="another key"),
    pytest.param(event("DeleteBucket", {"bucketName": "another"}, S3), id="another bucket"),
    pytest.param(
        event("PutBucketLifecycle", {
            "bucketName": "trail-bucket", "LifecycleConfiguration": '{"Rule":{"Expiration":{"Days":700}}}',
        }, S3),
        id="log files expire late",
    ),
    pytest.param(
        event("PutBucketLifecycle", {
            "bucketName": "trail-bucket",
            "LifecycleConfiguration": '{"Rule":[{"Status":"Disabled","Expiration":{"Days":7}}]}',
        }, S3),
        id="a rule of the life cycle that is off",
    ),
    pytest.param(
        event("UpdateClusterConfig", {
            "name": "demo", "logging": '{"clusterLogging":[{"enabled":false,"types":["audit"]}]}',
        }, EKS),
        id="LOG-09 judges the cluster",
    ),
    pytest.param(event("PutMetricAlarm", {"alarmName": "refused"}, ALARMS), id="an alarm written anew"),
    pytest.param(event("PutRule", {"name": "insights", "state": "ENABLED"}, RULES), id="a rule written anew"),
    pytest.param(
        event("UpdateEventDataStore", {"eventDataStore": "x", "name": "y"}), id="an event data store gets a name"
    ),
    pytest.param(
        event("PutBucketPublicAccessBlock", {
            "bucketName": "trail-bucket",
            "PublicAccessBlockConfiguration": '{"BlockPublicPolicy":true,"BlockPublicAcls":true,'
            '"IgnorePublicAcls":true,"RestrictPublicBuckets":true}',
        }, S3),
        id="public access blocked",
    ),
    pytest.param(
        event("UpdateDetector", {"detectorId": "d", "features": '[{"name":"RDS","status":"DISABLED"}]'}, GUARDDUTY),
        id="another feature of GuardDuty",
    ),
    pytest.param(event("StopLogging", STOPPED, source="example.amazonaws.com"), id="another service"),
]  # fmt: skip


@pytest.mark.parametrize(("found", "expected"), CASES)
def test_a_call_that_weakened_auditing_is_judged_by_its_effect(
    found: ManagementEvent, expected: tuple[str, str]
) -> None:
    assert judged(found) == [expected]


@pytest.mark.parametrize("found", TRAPS)
def test_a_call_that_weakened_nothing_is_no_deviation(found: ManagementEvent) -> None:
    assert judged(found) == []


def test_says_for_how_long_a_trail_was_stopped_and_by_whom() -> None:
    started = management_event("StartLogging", parameters=STOPPED, time=NOW - timedelta(minutes=20))

    (finding,) = findings(
        auditing_not_weakened, cloudtrail_events(event("StopLogging", STOPPED), started), trails(trail())
    )

    assert finding.status == "fail"
    assert finding.text.startswith(
        "arn:aws:iam::111122223333:role/Developer stopped the trail (main) at 2026-11-23 07:00:00 UTC from "
    )
    assert "restored after 40 minutes" in finding.text


def test_a_trail_for_data_events_alone_may_be_stopped() -> None:
    test_trail = trail("test", selectors=Selectors(items=(DATA_ALONE,)))

    (finding,) = findings(
        auditing_not_weakened, cloudtrail_events(event("StopLogging", {"name": "test"})), trails(trail(), test_trail)
    )

    assert finding.status == "pass"


def test_another_trail_that_recorded_all_the_while_makes_it_a_question() -> None:
    status = trail().status
    assert isinstance(status, TrailStatus)
    stopped = trail("second", status=changed(status, logging=False))

    (finding,) = findings(
        auditing_not_weakened, cloudtrail_events(event("StopLogging", {"name": "second"})), trails(trail(), stopped)
    )

    assert (finding.status, finding.severity, finding.message.id) == ("review", "low", "CT-05.beside")


def test_calls_by_one_actor_are_one_finding() -> None:
    again = management_event("StopLogging", id="second", parameters=STOPPED, time=NOW)

    (finding,) = findings(auditing_not_weakened, cloudtrail_events(event("StopLogging", STOPPED), again))

    assert "(times: 2)" in finding.text


def test_never_passes_where_the_period_was_not_read_to_its_end() -> None:
    (finding,) = findings(auditing_not_weakened, cloudtrail_events(unread=DENIED))
    both = findings(auditing_not_weakened, cloudtrail_events(event("StopLogging", STOPPED), unread=DENIED))

    assert finding.status == "not_assessed"
    assert sorted(item.status for item in both) == ["fail", "not_assessed"]


def test_files_that_hold_the_whole_period_suffice() -> None:
    files = FilesRead(first=NOW - timedelta(days=100), last=NOW, unread=None)

    (finding,) = findings(auditing_not_weakened, changed(cloudtrail_events(unread=DENIED), files=files))

    assert (finding.status, finding.message.id) == ("pass", "CT-05.none_in_files")
