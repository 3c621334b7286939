"""What AWS copies of audit logs, and the queries that a region keeps, read from the emulator."""

from typing import Any

import pytest

from eksaminer.collect.aws.copies import read_copies
from eksaminer.collect.aws.queries import read_saved_queries, read_scheduled_queries
from eksaminer.collect.aws.reader import Reader
from eksaminer.collect.clock import FixedClock
from eksaminer.collect.gaps import MissingError
from eksaminer.collect.session import Aws, Settings
from eksaminer.demo.account import SavedQuery, ScheduledQuery, clean_account, demo_account, with_changed_region
from eksaminer.demo.emulator import Emulator
from eksaminer.evidence.copies import SecurityLake
from eksaminer.gap import Cause, Gap

from .collecting import ACCOUNT, NOW

HOME, OTHER = "eu-central-1", "us-east-1"


def reader(region: str) -> Reader:
    return Reader(Aws(Settings(run_id="0123456789ab", attempts=1), FixedClock(NOW)), region)


def test_reads_what_is_copied(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))

    home, other = (read_copies(reader(region), ACCOUNT) for region in (HOME, OTHER))

    assert not isinstance(home.exports, Gap)
    assert [(task.log_group, task.status) for task in home.exports] == [("/aws/eks/prod-good/cluster", "COMPLETED")]
    assert home.lake == SecurityLake(lake="", audit_accounts=())
    assert isinstance(other.lake, SecurityLake)
    assert other.lake.audit_accounts == (ACCOUNT,)
    assert [(table.name, table.type) for table in other.tables] == [("amazon_eks", "audit")]  # type: ignore[union-attr]  # - a gap fails the test as well
    assert [rule.name for rule in other.rules] == ["eks-audit-everywhere"]  # type: ignore[union-attr]  # - the same


PARTS = [
    pytest.param("logs:DescribeExportTasks", "exports", id="exports"),
    pytest.param("securitylake:ListDataLakes", "lake", id="lakes"),
    pytest.param("securitylake:ListLogSources", "lake", id="sources of a lake"),
    pytest.param("observabilityadmin:ListS3TableIntegrations", "tables", id="integrations"),
    pytest.param("logs:ListSourcesForS3TableIntegration", "tables", id="sources of tables"),
    pytest.param("observabilityadmin:ListTelemetryRules", "rules", id="rules"),
]


@pytest.mark.parametrize(("operation", "part"), PARTS)
def test_a_denied_part_is_a_gap_of_that_part_alone(emulator: Emulator, operation: str, part: str) -> None:
    emulator.load(demo_account(NOW))
    emulator.deny(operation)

    found = read_copies(reader(OTHER), ACCOUNT)

    gaps: dict[str, Any] = {name: getattr(found, name) for name in ("exports", "lake", "tables", "rules")}
    missing = {name: gap for name, gap in gaps.items() if isinstance(gap, Gap)}
    assert [(name, gap.cause, gap.permission) for name, gap in missing.items()] == [(part, Cause.DENIED, operation)]


def test_reads_all_pages_of_queries_and_says_what_is_not_known_of_them(emulator: Emulator) -> None:
    saved = tuple(SavedQuery(name=f"q{number}", query="fields @message") for number in range(5))
    odd = SavedQuery(name="odd", query="filter verb = 'get' | dedup verb")
    sql = ScheduledQuery(name="s", query="SELECT verb FROM x", log_groups=("g",), language="SQL", state="DISABLED")
    plain = ScheduledQuery(name="t", query="fields verb", log_groups=("g",), destination="s3://b/p/")
    emulator.load(
        with_changed_region(clean_account(NOW), HOME, saved_queries=(*saved, odd), scheduled_queries=(sql, plain))
    )
    emulator.page_size = 2

    kept = read_saved_queries(reader(HOME)).queries
    scheduled = read_scheduled_queries(reader(HOME)).queries

    assert [query.name for query in kept] == ["odd", "q0", "q1", "q2", "q3", "q4"]
    assert [query.name for query in kept if query.unsure] == ["odd"]
    assert not any(isinstance(query, Gap) for query in scheduled)
    told = {query.name: query for query in scheduled if not isinstance(query, Gap)}
    assert (told["s"].enabled, told["t"].enabled, told["t"].destination) == (False, True, "s3://b/p/")
    assert told["s"].unsure is not None
    assert "SQL" in told["s"].unsure.detail


def older(*_: object) -> bool:
    return False


def test_an_older_botocore_is_a_gap_that_names_the_version(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator.load(demo_account(NOW))
    monkeypatch.setattr(Aws, "offers", older)

    found = read_copies(reader(OTHER), ACCOUNT)
    with pytest.raises(MissingError) as raised:
        read_scheduled_queries(reader(OTHER))

    for gap in (found.tables, found.rules, raised.value.gap):
        assert isinstance(gap, Gap)
        assert gap.cause is Cause.UNSUPPORTED
        assert "1.44" in gap.detail
