"""How much of an assessment a format shows; the rest stands in assessment.json, and the report says so."""

from collections.abc import Iterable
from dataclasses import dataclass


def fair(wishes: Iterable[int], room: int) -> int:
    """Return the largest number that each of *wishes* may take up to, so that all together take no more than *room*.

    Whoever wishes for less leaves the rest to the others; nobody is left without one.
    """
    waiting = sorted(wish for wish in wishes if wish)
    share = room
    while waiting:
        share = room // len(waiting)
        if waiting[0] > share:
            break
        room -= waiting.pop(0)
    return max(1, share)


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers of rows. A document of pages is bounded whatever the number of findings."""

    headlines: int
    """Failed checks that the summary names: on paper it is one page."""
    exceptions: int
    """Exceptions in full, in the whole report: the gravest of each check."""
    rows: int
    """Rows of findings, in the whole report."""
    clusters: int
    """Clusters whose audit log has a section of its own: those with the most hits."""
    rules: int
    """Rows of rules, in the whole report: those that matched first."""
    hit_tables: int
    """Tables of hits, one for each rule and cluster, in the whole report."""
    hits: int
    """Hits of detection rules, in the whole report."""
    unseen: int
    """Rows of what was not assessed, over all causes."""
    table: int
    """Rows of every other table."""
    sources: int
    """Calls and files listed below one exception."""
    references: int
    """Calls and files of the index of evidence: nothing names another one by its number."""
    values: int
    """Observed values, limitations and lines of a command listed in one exception."""
    cost_groups: int
    """Log groups whose options of cost are shown: the most expensive."""
    graph: int
    """Trusts that the graph shows: the gravest."""
    contributors: int
    """Clients, users, verbs and resources, each, that make an audit log large."""
    chart_clusters: int
    """Clusters whose charts are drawn: the first that are shown."""
    chart_rows: int
    """Rows that the table of a chart may have; a longer one stays away."""
    changes: int
    """Exceptions whose change since the audit before is shown."""
    conforming: int
    """Rows of what conformed, in the appendix."""
    controls: int
    """Controls of one recommendation, in its table."""
    brief: bool
    """Whether a check without an exception stands in the tables alone, and has no part of its own."""
    columns: int
    """Targets that the coverage matrix shows one by one; with more, it counts."""


SCREEN = Limits(
    headlines=6,
    exceptions=400,
    rows=100_000,
    clusters=1_000,
    rules=20_000,
    hit_tables=1_000,
    hits=5_000,
    unseen=5_000,
    table=5_000,
    sources=20,
    references=5_000,
    values=200,
    cost_groups=200,
    contributors=20,
    graph=40,
    chart_clusters=24,
    chart_rows=5_000,
    changes=20_000,
    conforming=5_000,
    controls=5_000,
    brief=False,
    columns=30,
)
PAGES = Limits(
    headlines=3,
    exceptions=30,
    rows=60,
    clusters=12,
    rules=36,
    hit_tables=8,
    hits=24,
    unseen=80,
    table=40,
    sources=5,
    references=100,
    values=12,
    cost_groups=4,
    contributors=3,
    graph=20,
    chart_clusters=4,
    chart_rows=16,
    changes=40,
    conforming=48,
    controls=200,
    brief=True,
    columns=8,
)
