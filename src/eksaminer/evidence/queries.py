"""The queries of Logs Insights that a region keeps: saved ones, run by hand, and scheduled ones."""

from typing import ClassVar

from eksaminer.evidence.model import Calls, Section
from eksaminer.gap import Gap
from eksaminer.outcome import Scope
from eksaminer.record import Record


def names_group(log_groups: tuple[str, ...], group_arn: str) -> bool:
    """Whether the log group of this ARN is one of *log_groups*, given by name or ARN."""
    name = group_arn.partition(":log-group:")[2]
    return any(item.removesuffix(":*") in {group_arn, name} for item in log_groups)


class SavedQuery(Record, frozen=True, kw_only=True):
    """A saved query: it finds something when somebody runs it."""

    name: str
    query: str
    language: str
    """`CWLI`, `SQL` or `PPL`."""
    log_groups: tuple[str, ...]
    """Names; empty: whoever runs it chooses."""
    unsure: Gap | None
    """Why it is not known what it finds of the guide's subjects; None: it is."""

    def may_read(self, group_arn: str) -> bool:
        """Whether it is for the log group of this ARN, or for any."""
        return not self.log_groups or names_group(self.log_groups, group_arn)


class SavedQueries(Section, frozen=True, kw_only=True):
    """The saved queries of a region."""

    key: ClassVar[str] = "saved_queries"
    scope: ClassVar[Scope] = Scope.REGION
    permissions: ClassVar[tuple[str, ...]] = ("logs:DescribeQueryDefinitions",)
    calls: ClassVar[Calls] = Calls(per_region=1, note="one more per further 1,000 queries")

    queries: tuple[SavedQuery, ...]


class ScheduledQuery(Record, frozen=True, kw_only=True, tag="scheduled_query", tag_field="is"):
    """A query that CloudWatch Logs runs by itself."""

    name: str
    arn: str
    enabled: bool
    last_status: str
    """Of its last run: `Complete`, `Failed`, `InvalidQuery` …; empty: it has not run yet."""
    schedule: str
    query: str
    language: str
    log_groups: tuple[str, ...]
    """Names or ARNs."""
    destination: str
    """Where its results go: a URI of S3 or a lookup table; empty: they are kept with the query."""
    unsure: Gap | None
    """Why it is not known what it finds of the guide's subjects; None: it is."""

    def reads(self, group_arn: str) -> bool:
        """Whether it queries the log group of this ARN."""
        return names_group(self.log_groups, group_arn)


class ScheduledQueries(Section, frozen=True, kw_only=True):
    """The scheduled queries of a region."""

    key: ClassVar[str] = "scheduled_queries"
    scope: ClassVar[Scope] = Scope.REGION
    permissions: ClassVar[tuple[str, ...]] = ("logs:GetScheduledQuery", "logs:ListScheduledQueries")
    calls: ClassVar[Calls] = Calls(per_region=1, note="one more for each scheduled query")

    queries: tuple[ScheduledQuery | Gap, ...]
