from __future__ import annotations

import pytest
from tests.checks.judging import findings
from tests.samples import (
    DENIED,
    GROUP_ARN,
    REFUSED,
    alarms,
    changed,
    guardduty,
    guide_queries,
    log_alarm,
    metric_filter,
    metric_filters,
    saved_queries,
    saved_query,
    scheduled_queries,
    scheduled_query,
    subscriptions,
)

from eksaminer.check import Check
from eksaminer.collect.aws.queries import unread
from eksaminer.evidence.alarms import Alarms, AuditLogSubscriptions, AuditMetricFilters, GuardDuty, SubscriptionFilter
from eksaminer.evidence.model import Section
from eksaminer.evidence.queries import SavedQueries, ScheduledQueries
from eksaminer.findings import Finding
from eksaminer.gap import Cause, Gap
from eksaminer.subjects import SUBJECTS

OFF = guardduty(enabled=False, audit_logs=False)
NO_FILTER = metric_filters(filters=())
WRITES = 'verb in ["create", "update", "patch", "delete"]'
ROLES = [f'filter objectRef.resource = "{name}" and {WRITES}' for name in ("roles", "rolebindings")]
OTHERS = tuple(query for query in guide_queries() if query.name != "roles")


@pytest.fixture
def check(checks: dict[str, Check]) -> Check:
    return checks["LQ-01"]


def judged(check: Check, *sections: Section, gaps: dict[type[Section], Gap] | None = None) -> Finding:
    (finding,) = findings(check, NO_FILTER, OFF, *sections, gaps=gaps)
    return finding


def test_the_guides_own_queries_watch_all_eight_subjects(check: Check) -> None:
    finding = judged(check)

    assert finding.status.value == "pass"
    assert "All 8 subjects" in finding.text
    assert "answered 200" in finding.text


def test_nothing_is_watched_where_there_is_no_query(check: Check) -> None:
    finding = judged(check, saved_queries())

    assert finding.status.value == "review"
    assert all(subject.title in finding.text for subject in SUBJECTS)
    assert "put-query-definition --region eu-central-1" in finding.command


EQUIVALENT = [
    pytest.param('filter objectRef.resource = "roles" and verb not in ["get", "list", "watch"]', id="other words"),
    pytest.param('FILTER objectRef.resource IN ["roles", "pods/exec"] | filter verb =~ /^(create|update|patch|delete)/',
                 id="two filters, a regular expression, upper case"),
    pytest.param(r'filter @message like /"resource":"roles"/ and not (verb = "get" or verb = "watch")',
                 id="the raw line"),
    pytest.param('fields tolower(verb) as v | filter v != "get" and objectRef.resource = "roles" | stats count(*) by v',
                 id="an alias, counted"),
    pytest.param('parse @message "\\"verb\\":\\"*\\"" as v | filter v in ["create", "update", "patch", "delete"] '
                 'and objectRef.resource like "roles"', id="a field that is cut out"),
]  # fmt: skip


@pytest.mark.parametrize("query", EQUIVALENT)
def test_a_query_is_judged_by_what_it_finds_however_it_is_written(check: Check, query: str) -> None:
    assert judged(check, saved_queries(*OTHERS, saved_query(query, "x"))).status.value == "pass"


WATCHING_NOTHING = [
    pytest.param("fields @timestamp, @message", id="all of the log"),
    pytest.param('filter @logStream like "kube-apiserver-audit"', id="all of the audit log"),
    pytest.param(f"filter {WRITES}", id="every write, leases too"),
    pytest.param('filter eventName = "CreateRole" and verb = "create"', id="fields that no audit event has"),
    pytest.param('filter objectRef.resource = "Roles"', id="upper case"),
    pytest.param('filter objectRef.resource = "roles" and responseStatus.code = 500', id="another answer"),
    pytest.param('filter @logStream like "authenticator" and objectRef.resource = "roles"', id="another stream"),
    pytest.param('filter @type = "REPORT" | stats max(@duration)', id="another log"),
    pytest.param("SOURCE logGroups() | fields bytes", id="another log, and a command that is not read"),
]


@pytest.mark.parametrize("query", WATCHING_NOTHING)
def test_a_fitting_name_watches_nothing(check: Check, query: str) -> None:
    finding = judged(check, saved_queries(*OTHERS, saved_query(query, "Role changes")))

    assert finding.status.value == "review"
    assert "Not watched: changes of Roles. In part: none. Could not be decided: none" in finding.text


def test_what_is_watched_in_part_is_told(check: Check) -> None:
    query = saved_query('filter objectRef.resource = "roles" and verb = "create"')
    finding = judged(check, saved_queries(*OTHERS, query))

    assert finding.status.value == "review"
    assert "In part: changes of Roles (not: a Role updated, a Role patched, a Role deleted)" in finding.text


UNDECIDED = [
    pytest.param('filter objectRef.resource = "roles" | dedup verb', id="a command that is not read"),
    pytest.param('filter objectRef.resource = "roles" and isIpInSubnet(sourceIPs.0, "192.0.2.0/24")', id="a function"),
    pytest.param('filter objectRef.resource = "roles" | stats count(*) as n by verb | filter n > 5', id="a threshold"),
    pytest.param(r'filter @message like /(role)+s\b/ and verb != "get"', id="a regular expression that is not read"),
    pytest.param('filter objectRef.resource = "roles" and impersonatedUser.username != "x"', id="a missing field"),
    pytest.param(r'parse @message /"resource":"(?<what>[a-z]+)"/ | filter what = "roles" and verb = "create"',
                 id="a field that an expression cuts out"),
    pytest.param("filter verb = ${verb}", id="not a query"),
]  # fmt: skip


@pytest.mark.parametrize("query", UNDECIDED)
def test_what_cannot_be_read_is_named_and_never_passes(check: Check, query: str) -> None:
    finding = judged(check, saved_queries(*OTHERS, saved_query(query, "odd one")))

    assert finding.status.value == "not_assessed"
    assert "Could not be decided: changes of Roles (the saved query odd one)" in finding.text
    assert finding.cause is not None
    assert finding.cause.cause is Cause.NOT_OBSERVABLE


def test_another_language_is_not_read(check: Check) -> None:
    sql = 'SELECT `@message` FROM log WHERE `objectRef.resource` = "roles"'
    query = saved_query(sql, "sql", language="SQL", unsure=unread("the saved query sql", sql, "SQL"))

    assert judged(check, saved_queries(*OTHERS, query)).status.value == "not_assessed"


def test_what_cannot_be_read_does_not_hide_what_nobody_watches(check: Check) -> None:
    odd = saved_query('filter objectRef.resource = "roles" and odd(verb)', "odd one")
    kept = [query for query in OTHERS if query.name != "webhooks"]
    finding = judged(check, saved_queries(*kept, odd))

    assert finding.status.value == "review"
    assert "Not watched: new and changed validating webhooks" in finding.text
    assert "changes of Roles (the saved query odd one)" in finding.text
    assert any("odd" in limit for limit in finding.limitations)


SCHEDULED = [
    pytest.param({}, "pass", id="enabled"),
    pytest.param({"enabled": False}, "review", id="disabled"),
    pytest.param({"last_status": "Failed"}, "review", id="its runs fail"),
    pytest.param({"last_status": ""}, "pass", id="it has not run yet"),
    pytest.param({"log_groups": ("/aws/eks/demo/cluster",)}, "pass", id="by name"),
    pytest.param({"log_groups": ("/aws/eks/demo-2/cluster",)}, "review", id="a cluster whose name begins alike"),
]


@pytest.mark.parametrize(("fields", "status"), SCHEDULED)
def test_a_scheduled_query_watches_where_it_runs(check: Check, fields: dict[str, object], status: str) -> None:
    query = changed(scheduled_query(ROLES[0]), **fields)

    assert judged(check, saved_queries(*OTHERS), scheduled_queries(query)).status.value == status


@pytest.mark.parametrize(
    ("groups", "status"),
    [((), "pass"), (("/aws/eks/demo/cluster",), "pass"), (("/aws/eks/demo-2/cluster",), "review")],
)
def test_a_saved_query_counts_for_its_own_log_groups(check: Check, groups: tuple[str, ...], status: str) -> None:
    query = saved_query(ROLES[0], log_groups=groups)

    assert judged(check, saved_queries(*OTHERS, query)).status.value == status


def test_a_metric_filter_a_subscription_and_a_log_alarm_watch_as_well(check: Check) -> None:
    roles = "{ $.objectRef.resource = roles && $.verb != get }"
    passed_on = SubscriptionFilter(name="siem", pattern=roles, destination="arn:aws:kinesis:x", unreadable=None)
    refusals = [query for query in OTHERS if query.name not in {"secrets", "anonymous", "webhooks"}]
    alarm = changed(log_alarm(), query=guide_queries()[1].query, log_groups=(GROUP_ARN,))
    finding = judged(
        check,
        metric_filters(metric_filter(pattern=REFUSED)),
        subscriptions(passed_on),
        alarms(log=(alarm,)),
        saved_queries(*refusals),
    )

    assert finding.status.value == "pass"
    told = str(finding.evidence)
    assert "the metric filter refused" in told
    assert "the subscription filter siem" in told
    assert f"the log alarm {alarm.name}" in told


def test_who_reads_the_whole_log_is_told_and_decides_nothing(check: Check) -> None:
    whole = SubscriptionFilter(name="siem", pattern="", destination="arn:aws:kinesis:x", unreadable=None)
    finding = judged(check, saved_queries(), guardduty(), subscriptions(whole))

    assert finding.status.value == "review"
    assert "GuardDuty EKS audit log monitoring and the subscription filter siem to arn:aws:kinesis:x" in finding.text


@pytest.mark.parametrize("kind", [ScheduledQueries, SavedQueries, AuditMetricFilters, AuditLogSubscriptions, Alarms])
def test_is_not_assessed_where_something_that_may_watch_was_not_seen(check: Check, kind: type[Section]) -> None:
    sections = [section for section in (saved_queries(*OTHERS), scheduled_queries()) if not isinstance(section, kind)]
    own = [section for section in (NO_FILTER, OFF) if not isinstance(section, kind)]
    (finding,) = findings(check, *own, *sections, gaps={kind: DENIED})

    assert finding.status.value == "not_assessed"
    assert "could not be seen" in finding.text


def test_a_scheduled_query_that_was_not_seen_may_watch(check: Check) -> None:
    assert judged(check, saved_queries(*OTHERS), scheduled_queries(DENIED)).status.value == "not_assessed"


def test_guardduty_that_was_not_seen_changes_nothing(check: Check) -> None:
    (finding,) = findings(check, NO_FILTER, gaps={GuardDuty: DENIED})

    assert finding.status.value == "pass"
