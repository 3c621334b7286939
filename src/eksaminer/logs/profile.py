"""Events that differ in no more than names, addresses, times and bodies have one profile.

Few events of a log have a profile of their own. So the engine groups them by all the fields that hardly vary, and asks
each profile, and not each event, which rules can match such an event at all.
"""

from collections.abc import Iterator, Mapping
from itertools import islice

from eksaminer.detection.derived import COLUMNS
from eksaminer.detection.duck import to_sql
from eksaminer.detection.fields import FIELDS, TRAIL_COLUMNS, Kind, Log, field_of
from eksaminer.detection.guard import by_fields, guard, wholly
from eksaminer.detection.predicate import And, Each, Like, Not, Or, Predicate, fields

VARIED = frozenset(
    {
        "auditID", "requestURI", "sourceIPs", "user.uid", "user.extra.arn", "user.extra.sessionName",
        "objectRef.name", "uri.path", "uri.command", "userIdentity.arn", "userIdentity.principalId",
    }
)  # fmt: skip
"""Fields that differ from event to event: no part of a profile."""
SEARCHED = frozenset({"requestURI", "userIdentity.arn", "userIdentity.principalId"})
"""Of them those in which rules search words whatever else the event is."""
MOST_MARKS = 16
"""Each makes more profiles; what further ones search is searched in every event."""
CHEAP = frozenset(
    {
        "verb", "objectRef.apiGroup", "objectRef.resource", "objectRef.subresource", "objectRef.namespace",
        "eventSource", "eventName",
    }
)  # fmt: skip
"""Fields by which nearly every rule says what it is about."""
COUNTED = {
    Log.AUDIT: frozenset(
        {"own", "api_group", "resource", "subresource", "verb", "level", "agent", "username"},
    ),
    Log.TRAIL: frozenset({"own"}),
}
"""The columns by which events are counted whatever the rules ask."""


class Profile:
    """The profiles of the events of one log, for a set of tests by their indexes."""

    def __init__(self, tests: Mapping[int, Predicate], log: Log) -> None:
        self._log = log
        self._by_field = by_fields(self._settled)
        marked = dict.fromkeys(mark for test in tests.values() if _broad(test) for mark in _searches(test))
        self._marks = {mark: f"mark{number}" for number, mark in enumerate(islice(marked, MOST_MARKS))}
        self._guards = {index: guard(test, self._decided) for index, test in tests.items()}
        self.open = tuple(index for index, test in tests.items() if not wholly(test, self._decided))
        """The tests that profiles do not decide: they only tell which events may pass."""

    def grouped(self, window: str) -> str:
        """Return the statement that groups the events at hand of a *window*, in the table `grouped`."""
        columns = sorted(self.columns)
        size = ", sum(size)::BIGINT AS bytes" if self._log is Log.AUDIT else ""
        return f"""
        CREATE OR REPLACE TEMP TABLE grouped AS
        SELECT {", ".join(columns)}, count(*) AS events{size}, list(id) AS ids,
          min(stage_time) AS first, max(stage_time) AS last
        FROM (SELECT *{self._computed} FROM {self._log} WHERE {window}) GROUP BY {", ".join(columns)}
        """  # noqa: S608 - names of ours, and predicates compiled

    @property
    def guarded(self) -> str:
        """The query for what each profile leaves possible: `possibleN` of each test, and `ids`."""
        possible = "".join(
            f", {to_sql(test, log=self._log, given=self._marks)} AS possible{index}"
            for index, test in self._guards.items()
        )
        return f"SELECT ids{possible} FROM (SELECT * EXCLUDE (first, last){self._outcome} FROM grouped WHERE NOT own)"  # noqa: S608 - as above

    @property
    def columns(self) -> set[str]:
        """The names of the columns by which events are grouped."""
        asked = {path for test in self._guards.values() for path in _asked(test, self._marks)} - {"outcome"}
        named = {field_of(path, self._log).column for path in asked} - {""}
        outcome = {"code", "decision"} if self._outcome else set[str]()
        return named | outcome | COUNTED[self._log] | set(self._marks.values())

    @property
    def _computed(self) -> str:
        marks = "".join(f", {to_sql(test, log=self._log)} AS {name}" for test, name in self._marks.items())
        public = f", {COLUMNS['source_public']} AS source_public" if "source_public" in self.columns else ""
        return marks + public

    @property
    def _outcome(self) -> str:
        asked = any("outcome" in fields(test) for test in self._guards.values())
        return f", {COLUMNS['outcome']} AS outcome" if asked else ""

    def _decided(self, test: Predicate) -> bool:
        return test in self._marks or self._by_field(test)

    def _settled(self, path: str) -> bool:
        """Tell whether a profile says what an event holds at *path*."""
        known = TRAIL_COLUMNS if self._log is Log.TRAIL else FIELDS
        return (path in known and path not in VARIED) or field_of(
            path.replace("[any]", ""), self._log
        ).kind is Kind.NOTHING


def _broad(predicate: Predicate) -> bool:
    """Tell whether *predicate* names no kind of request that it is about: any event may be one that matches."""
    match predicate:
        case And(parts=parts):
            return all(map(_broad, parts))
        case Or(parts=parts):
            return any(map(_broad, parts))
        case Not():
            return True
        case _:
            return predicate.field not in CHEAP


def _searches(predicate: Predicate) -> Iterator[Predicate]:
    """Yield what searches a text for words: one column of a profile can tell whether they are in it."""
    match predicate:
        case Or(parts=parts) if parts and all(map(_search, parts)):
            yield predicate
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from _searches(part)
        case Not(part=part):
            yield from _searches(part)
        case _ if _search(predicate):
            yield predicate
        case _:
            return


def _search(predicate: Predicate) -> bool:
    return isinstance(predicate, Like) and predicate.field in SEARCHED


def _asked(predicate: Predicate, marks: Mapping[Predicate, str]) -> Iterator[str]:
    """Yield the fields that *predicate* reads besides what is marked."""
    match predicate:
        case marked if marked in marks:
            return
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from _asked(part, marks)
        case Not(part=part):
            yield from _asked(part, marks)
        case Each():
            return
        case _:
            yield from fields(predicate)
