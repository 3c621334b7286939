"""The cost in an assessment: what is not known of it is said once, with the permission that would cure it."""

from __future__ import annotations

from tests.samples import REGION, collection, sound_sections

from eksaminer.assessment import assess
from eksaminer.criteria import Criteria
from eksaminer.evidence.collection import Collection
from eksaminer.evidence.cost import AuditLogCauses, LogTypes, LogVolumes, QueryHistory, TypeVolume
from eksaminer.evidence.scan import Contribution
from eksaminer.findings import Cost
from eksaminer.gap import Cause, Gap

DENIED = Gap(cause=Cause.DENIED, detail="Access was denied.", permission="logs:DescribeQueries")
CAPPED = Gap(cause=Cause.CAPPED, detail="The causes were not asked.")
NAME = "/aws/eks/demo/cluster"
TYPES = (TypeVolume(log_group=NAME, log_type="audit", bytes=3), TypeVolume(log_group=NAME, log_type="api", bytes=1))


def cost(found: Collection) -> Cost:
    return assess(found, (), Criteria(), packs=()).cost


def with_types(section: LogTypes) -> Collection:
    sections = sound_sections()
    others = tuple(item for item in sections[REGION] if not isinstance(item, LogTypes))
    return collection({**sections, REGION: (*others, section)})


def test_queries_that_could_not_be_listed_are_said() -> None:
    found = cost(collection(gaps={REGION: {QueryHistory: DENIED}}))

    assert [(row.section, row.permission) for row in found.unseen] == [("query_history", "logs:DescribeQueries")]
    assert found.totals == cost(collection()).totals


def test_causes_that_were_not_asked_leave_the_log_types() -> None:
    found = cost(with_types(LogTypes(asked=True, volumes=TYPES, causes=CAPPED)))

    assert [(row.section, row.detail) for row in found.unseen] == [("log_types", "The causes were not asked.")]
    assert [share.name for share in found.regions[0].groups[0].log_types] == ["audit", "api"]


def test_what_is_missing_for_the_same_reason_as_the_volume_is_said_once() -> None:
    found = cost(collection(gaps={REGION: {LogVolumes: DENIED, LogTypes: DENIED, QueryHistory: DENIED}}))

    assert [row.section for row in found.missing] == ["log_volumes"]
    assert found.unseen == ()


def test_causes_that_a_query_counted_come_with_the_money_behind_them() -> None:
    # 4 GB a day cost 1330; the audit log is three quarters of that, and kubectl four fifths of the audit log: 798.
    counted = (
        Contribution(dimension="all", value="", events=10, bytes=1_000),
        Contribution(dimension="agent", value="kubectl", events=4, bytes=800),
    )
    section = LogTypes(asked=True, volumes=TYPES, causes=(AuditLogCauses(log_group=NAME, contributions=counted),))

    (group,) = cost(with_types(section)).regions[0].groups

    assert [(item.value, str(item.yearly)) for item in group.contributors] == [("kubectl", "798.000000")]
