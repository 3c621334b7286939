"""Try queries and filter patterns on the events of the subjects."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from eksaminer.filter_pattern import FilterPattern, FilterPatternError
from eksaminer.insights_query import Answer, InsightsQuery, InsightsQueryError, Row, discovered
from eksaminer.record import Record
from eksaminer.subjects.data import ROUTINE, SUBJECTS, SubjectEvent

STREAM = "kube-apiserver-audit-0123456789abcdef0123456789abcdef"
LOG = "111122223333:/aws/eks/cluster/cluster"
TIMESTAMP = 1_767_225_600_000
"""2026-01-01, the time of the made-up events."""
AUDIT_WORDS = re.compile(
    r"kube-apiserver-audit|objectRef|responseStatus|user\.username|\bverb\b|aws-auth|system:anonymous"
)
"""What a query about audit events names, in one form or another."""


class Trial(Record, frozen=True, kw_only=True):
    """What a query or filter does with the events of the subjects."""

    found: frozenset[str]
    """What the events are (`SubjectEvent.what`) that it finds for certain."""
    open: frozenset[str]
    """Those that it may find as well."""
    routine: tuple[str, ...]
    """What it finds of everyday events: with any, it lists the log and watches nothing."""
    why: str
    """Why something is open; empty: nothing is."""


def _row(event: SubjectEvent) -> Row:
    own = {"@message": event.message, "@logStream": STREAM, "@log": LOG, "@timestamp": TIMESTAMP}
    return {**discovered(event.message), **own}


_EVENTS: tuple[SubjectEvent, ...] = tuple(event for subject in SUBJECTS for event in subject.events)
_ROWS: Mapping[str, Row] = {event.what: _row(event) for event in (*_EVENTS, *ROUTINE)}


@lru_cache(maxsize=4_096)
def try_query(text: str) -> Trial | str:
    """Try a query of Logs Insights. Returns why it cannot be read where that is so, without a full stop."""
    try:
        query = InsightsQuery.parse(text)
    except InsightsQueryError as error:
        return error.reason
    why = "; ".join(query.unread) or "what a comparison gives for a field that an event lacks is not documented"
    return _tried(lambda event: query.answer(_ROWS[event.what]), why)


@lru_cache(maxsize=4_096)
def try_pattern(text: str) -> Trial | str:
    """Try a filter pattern of CloudWatch Logs. Returns why it cannot be read where that is so."""
    try:
        pattern = FilterPattern.parse(text)
    except FilterPatternError as error:
        return error.reason

    def answer(event: SubjectEvent) -> Answer:
        found = pattern.answer(event.message)
        return "open" if found.depends_on else "yes" if found.matches else "no"

    return _tried(answer, "it depends on what the documentation of filter patterns leaves open")


def _tried(answer: Callable[[SubjectEvent], Answer], why: str) -> Trial:
    answers = {event.what: answer(event) for event in _EVENTS}
    everyday = {event.what: answer(event) for event in ROUTINE}
    found = frozenset(what for what, given in answers.items() if given == "yes")
    unsure = frozenset(what for what, given in answers.items() if given == "open")
    if "open" in everyday.values():
        found, unsure = frozenset[str](), found | unsure
    routine = tuple(what for what, given in everyday.items() if given == "yes")
    return Trial(found=found, open=unsure, routine=routine, why=why if unsure else "")


def unsure(text: str, language: str = "CWLI") -> str:
    """Say why it is not known what a query about audit events finds of the subjects; empty: it is known."""
    names_audit = about_audit_events(text)
    if language != "CWLI":
        return f"it is written in {language}, which is not read" if names_audit else ""
    trial = try_query(text)
    if isinstance(trial, str):
        return trial if names_audit else ""
    return trial.why if trial.open and not trial.routine else ""


def about_audit_events(text: str) -> bool:
    """Whether a query names a field or stream that audit events have; one about other logs does not."""
    return AUDIT_WORDS.search(text) is not None
