"""What the rules at hand ask of the table of events: profiles, tests, derived fields, evidence of hits.

Few events of a log differ in more than names, addresses and bodies. So the engine groups them by all
the fields that hardly vary (their profile), asks of each profile which rules can match such an event
at all, and tests the events of the profiles that are left for what the profile did not decide.
"""

from collections.abc import Collection, Iterator, Sequence

from eksaminer.detection.derived import BODIES, COLUMNS
from eksaminer.detection.duck import to_sql
from eksaminer.detection.fields import FIELDS, Field, Kind, Log, field_of
from eksaminer.detection.guard import guard
from eksaminer.detection.predicate import Predicate, fields
from eksaminer.detection.rule import Rule
from eksaminer.detection.shapes import Shapes
from eksaminer.detection.shapes import text as literal

BETWEEN = 31
"""The character between the values of one field that a hit keeps (the unit separator, which no value keeps)."""
LISTS = ("containers", "initContainers", "ephemeralContainers")
VARIED = frozenset(
    {
        "auditID", "requestURI", "sourceIPs", "user.uid", "user.extra.arn", "user.extra.sessionName",
        "objectRef.name", "uri.path", "uri.command", "source.public",
    }
)  # fmt: skip
"""Fields that differ from event to event: no part of a profile."""
LOGGED = {Log.AUDIT: ("request_json", "response_json"), Log.TRAIL: ("record_json", "call")}
"""The columns of the bodies as they were logged, and of what else no hit keeps."""


def evidence_column(path: str) -> str:
    """Return the name of the column of a hit that shows what stands at *path* of a body."""
    return f"evidence:{path}"


class Columns:
    """What one set of rules asks of the events of one log."""

    def __init__(self, rules: Sequence[Rule], log: Log = Log.AUDIT) -> None:
        self.log = log
        """Also the name of the view that all statements read: the events at hand, with their numbers as `id`."""
        self._rules = [rule for rule in rules if rule.log is log]
        self._shapes = Shapes((rule.predicate, log) for rule in self._rules)
        self._evidence = sorted({path for rule in self._rules for path in _told(rule) if self._body(path)})
        self.tests = {index: predicate for index, rule, predicate in _single(rules) if rule.log is log}
        """The predicates over single events, by index; base rules come after all rules."""
        self._possible = {index: guard(predicate, self._settled) for index, predicate in self.tests.items()}
        self._open = [index for index, test in self.tests.items() if not all(map(self._settled, fields(test)))]
        """The rules that profiles do not decide."""

    def profiles(self, window: str) -> str:
        """Return the statement that groups the events at hand, and asks of each profile what can match it."""
        possible = "".join(f", {self._sql(test)} AS possible{index}" for index, test in self._possible.items())
        return f"""
        CREATE OR REPLACE TEMP TABLE profiles AS
        WITH grouped AS MATERIALIZED (
          SELECT {self._profile}list(id) AS ids FROM {self.log} WHERE NOT own AND {window} GROUP BY ALL)
        SELECT ids{possible} FROM (SELECT *{self._outcome} FROM grouped)
        """  # noqa: S608 - names of ours, and predicates compiled

    @property
    def possible(self) -> str:
        """The query for the list of the tests that any profile leaves possible."""
        some = [f"coalesce(bool_or(possible{index}), false)" for index in self.tests]
        return f"SELECT {_where(list(self.tests), some)} FROM profiles"  # noqa: S608 - names of ours

    def evaluation(self, possible: Collection[int]) -> Iterator[str]:
        """Yield the statements that add the hits of the events at hand, by the tests that are *possible*.

        Each test stands there once: the time to plan a statement grows with its length.
        """
        closed = [index for index in self.tests if index in possible and index not in self._open]
        decided = _where(closed, [f"possible{index}" for index in closed])
        yield f"""
        CREATE OR REPLACE TEMP TABLE found AS
        SELECT rule, unnest(ids) AS id FROM (SELECT ids, unnest({decided}) AS rule FROM profiles)
        """  # noqa: S608 - as above
        still = set(self._open) & set(possible)
        looking = {index for index in still if any(map(self._body, fields(self.tests[index])))}
        for indexes in (sorted(still - looking), sorted(looking)):
            if indexes:
                yield self._search(indexes)
        yield f"""
        INSERT INTO hits BY NAME
        SELECT rule, found.id AS row, {self.kept}
        FROM found JOIN {self.read} ON chunk.id = found.id
        """  # noqa: S608 - as above

    def _search(self, indexes: Sequence[int]) -> str:
        """Return the statement that tests the events which the rules of *indexes* may match.

        Few events pass any test: only of those a list of the rules is made.
        """
        carried = "".join(f", possible{index}" for index in indexes)
        tests = "".join(
            f", CASE WHEN possible{index} THEN {to_sql(self.tests[index], self._shapes, self.log)} ELSE false END"
            f" AS test{index}"
            for index in indexes
        )
        bodies, trees = self._bodies(indexes)
        passed = [f"test{index}" for index in indexes]
        return f"""
        INSERT INTO found
        WITH tested AS MATERIALIZED (SELECT id{tests} FROM (SELECT *{trees} FROM (
          SELECT events.*, chunk.* EXCLUDE (id, {", ".join(LOGGED[self.log])}){self._derived}{bodies}
          FROM (SELECT unnest(ids) AS id{carried} FROM profiles WHERE {_any(indexes)}) AS events
          JOIN {self.log} AS chunk ON chunk.id = events.id)))
        SELECT unnest({_where(indexes, passed)}) AS rule, id FROM tested WHERE {" OR ".join(passed)}
        """  # noqa: S608 - names of ours, and predicates compiled

    @property
    def read(self) -> str:
        """The events at hand with their derived columns, as `chunk`."""
        bodies = "".join(f", {BODIES[name]} AS {name}_json" for name in self._computed)
        return f"(SELECT *{self._derived}{bodies} FROM {self.log}) AS chunk"  # noqa: S608 - as above

    @property
    def kept(self) -> str:
        """What a hit keeps of an event, for a SELECT from `read`."""
        gone = ["id", *LOGGED[self.log], *(f"{name}_json" for name in self._computed)]
        shown = [f'{self._shown(path)} AS "{evidence_column(path)}"' for path in self._evidence]
        return ", ".join([f"chunk.* EXCLUDE ({', '.join(gone)})", *shown])

    @property
    def _profile(self) -> str:
        """The columns of a profile, for a SELECT."""
        asked = {path for test in self._possible.values() for path in fields(test)} - {"outcome"}
        named = {field_of(path, self.log).column for path in asked} | ({"code", "decision"} if self._outcome else set())
        return "".join(f"{name}, " for name in sorted(filter(None, named)))

    @property
    def _outcome(self) -> str:
        asked = any("outcome" in fields(test) for test in self._possible.values())
        return f", {COLUMNS['outcome']} AS outcome" if asked else ""

    @property
    def _derived(self) -> str:
        named = {field_of(path, self.log).column for path in self._paths()}
        return "".join(f", {sql} AS {name}" for name, sql in COLUMNS.items() if name in named)

    @property
    def _computed(self) -> list[str]:
        """The bodies that are needed, and computed from those that were logged."""
        sources = {_source(field) for field in map(self._field, self._paths()) if field.kind is Kind.BODY}
        return sorted(sources & {"pod", "rbac"})

    def _bodies(self, indexes: Sequence[int]) -> tuple[str, str]:
        """Return the columns of the bodies that these rules look into, as JSON and as nested values."""
        readers: dict[str, list[int]] = {}
        for index in indexes:
            for field in map(self._field, fields(self.tests[index])):
                if field.kind is Kind.BODY:
                    readers.setdefault(field.column, []).append(index)
        sources: dict[str, list[int]] = {}
        for name, reading in readers.items():
            sources.setdefault("pod" if name == "containers" else name, []).extend(reading)
        bodies = "".join(
            f", CASE WHEN {_any(sorted(set(reading)))} THEN {BODIES[name]} END AS {name}_json"
            for name, reading in sorted(sources.items())
        )
        return bodies, "".join(self._tree(name) for name in sorted(readers))

    def _tree(self, name: str) -> str:
        """Return a body as the nested value that the tests look into, for a SELECT."""
        structure = self._shapes.structures()[name]
        if name != "containers":
            return f", json_transform({name}_json, {literal(structure)}) AS {name}_tree"
        lists = "{" + ", ".join(f'"{key}": {structure}' for key in LISTS) + "}"
        parsed = f"json_transform(pod_json, {literal(lists)})"
        joined = f"list_concat(list_concat(all_.{LISTS[0]}, all_.{LISTS[1]}), all_.{LISTS[2]})"
        return f", list_transform([{parsed}], lambda all_: {joined})[1] AS containers_tree"

    def _sql(self, predicate: Predicate) -> str:
        return to_sql(predicate, log=self.log)

    def _field(self, path: str) -> Field:
        return field_of(path.replace("[any]", ""), self.log)

    def _body(self, path: str) -> bool:
        return self._field(path).kind is Kind.BODY

    def _settled(self, path: str) -> bool:
        """Tell whether a profile says what an event holds at *path*."""
        settled = self.log is Log.AUDIT and path in FIELDS and path not in VARIED
        return settled or self._field(path).kind is Kind.NOTHING

    def _paths(self) -> Iterator[str]:
        for rule in self._rules:
            yield from fields(rule.predicate)
            yield from _told(rule)

    def _shown(self, path: str) -> str:
        """Return the SQL of what stands at *path*, as a text."""
        field = field_of(path.replace("[any]", "[*]"), self.log)
        steps = field.steps
        if field.column == "containers":
            lists = [_values("pod_json", (f"{key}[*]", *steps)) for key in LISTS]
            return f"array_to_string(list_concat(list_concat({lists[0]}, {lists[1]}), {lists[2]}), chr({BETWEEN}))"
        return f"array_to_string({_values(f'{_source(field)}_json', steps)}, chr({BETWEEN}))"


def base_indexes(rules: Sequence[Rule]) -> dict[int, tuple[int, ...]]:
    """Return for each correlation the indexes of its base rules: numbers after those of all rules."""
    found: dict[int, tuple[int, ...]] = {}
    following = len(rules)
    for index, rule in enumerate(rules):
        if rule.correlation is not None:
            found[index] = tuple(range(following, following + len(rule.correlation.bases)))
            following += len(rule.correlation.bases)
    return found


def _single(rules: Sequence[Rule]) -> Iterator[tuple[int, Rule, Predicate]]:
    """Yield what single events are tested for: rules, and base rules of correlations."""
    bases = base_indexes(rules)
    for index, rule in enumerate(rules):
        if rule.correlation is None:
            yield index, rule, rule.predicate
            continue
        for base, number in zip(rule.correlation.bases, bases[index], strict=True):
            yield number, rule, base.predicate


def _told(rule: Rule) -> tuple[str, ...]:
    """Return the fields of a hit that are needed later: as evidence, to compare, or to correlate by."""
    if rule.correlation is None:
        return (*rule.evidence, *rule.terms)
    return (*rule.evidence, *rule.correlation.group_by, *filter(None, [rule.correlation.field]))


def _source(field: Field) -> str:
    return "pod" if field.column == "containers" else field.column


def _any(indexes: Sequence[int]) -> str:
    return " OR ".join(f"possible{index}" for index in indexes) or "false"


def _where(indexes: Sequence[int], tests: Sequence[str]) -> str:
    """Return the SQL of the list of those *indexes* whose test is true."""
    return f"list_where(CAST([{', '.join(map(str, indexes))}] AS INTEGER[]), CAST([{', '.join(tests)}] AS BOOLEAN[]))"


def _values(body: str, steps: Sequence[str]) -> str:
    """Return the SQL of the list of the texts at a path, where `[*]` after a step stands for every element."""
    path = "$"
    for step in steps:
        name = step.removesuffix("[*]")
        path += f'."{name}"' + ("[*]" if step.endswith("[*]") else "")
    found = f"json_extract({body}, {literal(path)})"
    values = found if "[*]" in path else f"[{found}]"
    texts = f"list_transform({values}, lambda item: replace(item->>'$', chr({BETWEEN}), ' '))"
    return f"list_filter({texts}, lambda item: item IS NOT NULL)"
