"""What the rules at hand ask of the table of events: tests, derived fields, evidence of hits.

What the profile of an event decides is settled for all events of that profile together. Events of which it only tells
that a rule may match them wait, of many parts of a log, until they are tested together: to plan such a test takes as
long as to test a hundred thousand events.
"""

from collections.abc import Collection, Iterator, Sequence

from eksaminer.detection.derived import BODIES, COLUMNS
from eksaminer.detection.duck import to_sql
from eksaminer.detection.fields import Field, Kind, Log, field_of
from eksaminer.detection.predicate import Predicate, fields
from eksaminer.detection.rule import Rule
from eksaminer.detection.shapes import Shapes
from eksaminer.detection.shapes import text as literal
from eksaminer.logs.profile import Profile

BETWEEN = 31
"""The character between the values of one field that a hit keeps (the unit separator, which no value keeps)."""
MOST_WAIT = 200_000
LARGEST_WAIT = 64 << 20
"""How many events wait at most before they are tested, and with how many bytes of bodies; one part more."""
MANY, LARGE = 1_000, 500_000
MANY_WITH_BODIES = {Log.AUDIT: 10_000, Log.TRAIL: 2_000}
"""Of a part of the log: fewer events wait to be tested with those of other parts."""
LISTS = ("containers", "initContainers", "ephemeralContainers")
LOGGED = {Log.AUDIT: ("request_json", "response_json"), Log.TRAIL: ("record_json",)}
"""The columns of the bodies as they were logged."""
UNUSED = {Log.AUDIT: ("own", "size"), Log.TRAIL: ("own", "call", "account", "access_key", "nameless", "reads")}
"""Columns of the events at hand that no rule reads and no hit keeps."""
KEPT = {
    Log.AUDIT: (
        "audit_id", "stage", "verb", "agent", "source_ips", "username", "arns", "canonical_arns", "session_names",
        "access_keys", "api_group", "resource", "subresource", "namespace", "name", "code", "decision", "reason",
        "refusal", "truncated", "dry_run", "received_time", "stage_time",
    ),
    Log.TRAIL: (
        "audit_id", "stage", "verb", "agent", "source_ips", "username", "canonical_arns", "api_group", "resource",
        "namespace", "name", "decision", "reason", "truncated", "dry_run", "received_time", "stage_time",
    ),
}  # fmt: skip
"""The columns of an event that every hit keeps."""


def evidence_column(path: str) -> str:
    """Return the name of the column of a hit that shows what stands at *path* of a body."""
    return f"evidence:{path}"


class Columns:
    """What one set of rules asks of the events of one log."""

    def __init__(self, rules: Sequence[Rule], log: Log = Log.AUDIT) -> None:
        self.log = log
        """Also the name of the view that all statements read: the events at hand, with their numbers as `id`."""
        self.waiting = f"waiting_{log}"
        """The table of the events that wait to be tested."""
        self._rules = [rule for rule in rules if rule.log is log]
        single = [(index, rule, predicate) for index, rule, predicate in _single(rules) if rule.log is log]
        self._told = {index: [path for path in _told(rule) if self._body(path)] for index, rule, _ in single}
        """What hits show of bodies, by the index of the test."""
        told = {path for rule in self._rules for path in _told(rule)}
        named = {self._field(path).column for path in told if not self._body(path)}
        self._beside = sorted(named - {"", *KEPT[log]})
        """The columns that some hits show or are compared by, besides those that every hit keeps."""
        self.tests = {index: predicate for index, _, predicate in single}
        """The predicates over single events, by index; base rules come after all rules."""
        self.profile = Profile(self.tests, log)
        self._open = self.profile.open
        self._bodiless = [index for index in self._open if not any(map(self._body, fields(self.tests[index])))]
        """Of the tests that profiles leave open, those that look into no body."""
        self._looking = [
            index for index, test in self.tests.items() if self._told[index] or any(map(self._body, fields(test)))
        ]
        """The tests that look into bodies, or whose hits show something of them."""

    @property
    def profiles(self) -> str:
        """The statement that makes the table of what the profiles of the events at hand leave possible."""
        closed = [index for index in self.tests if index not in self._open]
        decided = _where(closed, [f"possible{index}" for index in closed])
        carried = "".join(f", possible{index}" for index in self._open)
        return f"""
        CREATE OR REPLACE TEMP TABLE profiles AS
        SELECT ids, {_any(self._looking)} AS looks, {decided} AS closed{carried} FROM ({self.profile.guarded})
        """  # noqa: S608 - names of ours, and predicates compiled

    @property
    def possible_now(self) -> str:
        """The query for how many of the events at hand each test may match: its index, the number, and that of all."""
        listed = _where(self._open, list(map(_possible, self._open)))
        return f"""
        SELECT test, sum(events)::BIGINT, (SELECT sum(len(ids))::BIGINT FROM profiles)
        FROM (SELECT unnest({listed}) AS test, len(ids) AS events FROM profiles) GROUP BY test ORDER BY test
        """  # noqa: S608 - names of ours

    def apart(self, numbers: Sequence[tuple[int, int, int]]) -> tuple[list[int], list[int]]:
        """Return the tests that run at once, and those whose events wait, by what `possible_now` found.

        To run all tests over a large part takes less than to keep its events.
        """
        few = {
            index: 0 if whole > LARGE else MANY if index in self._bodiless else MANY_WITH_BODIES[self.log]
            for index, _, whole in numbers
        }
        busy = [index for index, events, _ in numbers if events > few[index]]
        return busy, [index for index, events, _ in numbers if events <= few[index]]

    def batch(self, busy: Collection[int], rest: Sequence[int]) -> Iterator[str]:
        """Yield the statements that run the *busy* tests over the events at hand, and have those of the *rest* wait."""
        yield """
        CREATE OR REPLACE TEMP TABLE passed AS
        SELECT unnest(closed) AS rule, id, looks
        FROM (SELECT closed, looks, unnest(ids) AS id FROM profiles WHERE len(closed) > 0)
        """
        for indexes in self._by_bodies(busy):
            yield f"INSERT INTO passed {self._search(indexes, self._of_profiles(indexes))}"
        if rest:
            carried = "".join(f", {'' if index in rest else 'false AS '}possible{index}" for index in self._open)
            gone = ", ".join([*map(_possible, self._open), *UNUSED[self.log]])
            yield f"""
            INSERT INTO {self.waiting}
            SELECT id, looks{carried}, * EXCLUDE (id, looks, {gone})
            REPLACE ({self._logged}) FROM {self._of_profiles(rest)}
            """  # noqa: S608 - as above
        yield "INSERT INTO found SELECT rule, id FROM passed"

    @property
    def matched(self) -> str:
        """The query for the list of the tests that events at hand passed."""
        return "SELECT list(DISTINCT rule) FROM passed"

    def keep_matched(self, tests: Collection[int]) -> str:
        """Return the statement that keeps the events at hand which passed *tests*, but for those that wait."""
        settled = f"""
          SELECT chunk.* REPLACE ({self._logged}) FROM (
            SELECT id, bool_or(looks) AS looks FROM passed ANTI JOIN {self.waiting} USING (id) GROUP BY id) AS events
          JOIN {self.log} AS chunk ON chunk.id = events.id
        """  # noqa: S608 - names of ours
        return f"INSERT INTO matched BY NAME {self.kept(settled, self._told_by(tests))}"

    @property
    def wait(self) -> str:
        """The query for whether so many events wait that they should be tested."""
        bodies = " + ".join(f"coalesce(strlen(CAST({body} AS VARCHAR)), 0)" for body in LOGGED[self.log])
        return f"SELECT count(*) > {MOST_WAIT} OR sum({bodies}) > {LARGEST_WAIT} FROM {self.waiting}"  # noqa: S608 - names of ours

    @property
    def possible(self) -> str:
        """The query for the list of the tests that events which wait may pass."""
        some = [f"coalesce(bool_or(possible{index}), false)" for index in self._open]
        return f"SELECT {_where(self._open, some)} FROM {self.waiting}"  # noqa: S608 - names of ours

    def evaluation(self, possible: Collection[int]) -> Iterator[str]:
        """Yield the statements that test the events that wait, by the tests that are *possible*."""
        for indexes in self._by_bodies(possible):
            found = self._search(indexes, f"(SELECT * FROM {self.waiting} WHERE {_any(indexes)})")  # noqa: S608 - as above
            yield f"INSERT INTO found SELECT rule, id FROM ({found})"  # noqa: S608 - as above

    @property
    def waited(self) -> str:
        """The query for the list of the tests that events which wait passed, before or now."""
        return f"SELECT list(DISTINCT rule) FROM found WHERE id IN (SELECT id FROM {self.waiting})"  # noqa: S608 - as above

    def keep_waited(self, tests: Collection[int]) -> Iterator[str]:
        """Yield the statements that keep the events that waited and passed *tests*, and let go of all."""
        passed = f"SELECT * FROM {self.waiting} WHERE id IN (SELECT id FROM found)"  # noqa: S608 - as above
        yield f"INSERT INTO matched BY NAME {self.kept(passed, self._told_by(tests))}"
        yield f"CREATE OR REPLACE TEMP TABLE {self.waiting} AS FROM {self.waiting} LIMIT 0"

    def _by_bodies(self, indexes: Collection[int]) -> Iterator[list[int]]:
        """Yield those of *indexes* whose tests look into no body, and the others."""
        bodiless = set(indexes) & set(self._bodiless)
        yield from filter(None, (sorted(bodiless), sorted(set(indexes) - bodiless)))

    def _of_profiles(self, indexes: Sequence[int]) -> str:
        """Return the SQL of the events at hand that the tests of *indexes* may match, and what their profile says."""
        return f"""(
          SELECT events.*, chunk.* EXCLUDE (id)
          FROM (SELECT * EXCLUDE (ids, closed), unnest(ids) AS id FROM profiles WHERE {_any(indexes)}) AS events
          JOIN {self.log} AS chunk ON chunk.id = events.id)"""  # noqa: S608 - as above

    def _search(self, indexes: Sequence[int], events: str) -> str:
        """Return the query for the rules of *indexes* that *events* (SQL) match: `rule`, `id` and `looks`.

        Few events pass any test: only of those a list of the rules is made.
        """
        shapes = Shapes((self.tests[index], self.log) for index in indexes)
        tests = "".join(
            f", CASE WHEN possible{index} THEN {to_sql(self.tests[index], shapes, self.log)} ELSE false END"
            f" AS test{index}"
            for index in indexes
        )
        bodies, trees = self._bodies(indexes, shapes)
        passed = [f"test{index}" for index in indexes]
        return f"""
        WITH tested AS MATERIALIZED (SELECT id, looks{tests} FROM (SELECT *{trees} FROM (
          SELECT * EXCLUDE ({", ".join(LOGGED[self.log])}){self._derived}{bodies} FROM {events})))
        SELECT unnest({_where(indexes, passed)}) AS rule, id, looks FROM tested WHERE {" OR ".join(passed)}
        """  # noqa: S608 - names of ours, and predicates compiled

    def kept(self, events: str, told: Collection[str]) -> str:
        """Return the query for what hits keep of *events*, a query for events with their number as `id`.

        Of bodies they keep what stands at the paths *told*, each body read once for all of them.
        """
        single: dict[str, list[str]] = {}
        shown: list[str] = []
        for path in told:
            field = self._listed(path)
            json_path = _json_path(field.steps)
            if field.column == "containers" or "[*]" in json_path:
                text = _listed_texts(field, json_path)
            else:
                single.setdefault(field.column, []).append(json_path)
                number = len(single[field.column])
                text = f"coalesce(replace({field.column}_values[{number}], chr({BETWEEN}), ' '), '')"
            shown.append(f'{text} AS "{evidence_column(path)}"')
        bodies = "".join(f", {BODIES[name]} AS {name}_json" for name in self._computed)
        read = "".join(
            f", json_extract_string({name}_json, [{', '.join(map(literal, paths))}]) AS {name}_values"
            for name, paths in single.items()
        )
        beside = [f"{COLUMNS[name]} AS {name}" if name in COLUMNS else name for name in self._beside]
        columns = ", ".join(["id AS row", *KEPT[self.log], *beside, *shown])
        return f"SELECT {columns} FROM (SELECT *{read} FROM (SELECT *{bodies} FROM ({events})))"  # noqa: S608 - as above

    @property
    def evidence(self) -> list[str]:
        """The paths of bodies that any hit may show."""
        return self._told_by(self.tests)

    def _told_by(self, tests: Collection[int]) -> list[str]:
        """Return the paths of bodies that hits of *tests* show."""
        return sorted({path for index in tests for path in self._told.get(index, ())})

    @property
    def empty(self) -> Iterator[str]:
        """Yield the statements that make the tables of the events that wait, without any."""
        carried = "".join(f", false AS possible{index}" for index in self._open)
        yield f"""
        CREATE TEMP TABLE {self.waiting} AS
        SELECT CAST(0 AS BIGINT) AS id, false AS looks{carried}, * EXCLUDE (id, {", ".join(UNUSED[self.log])})
        FROM {self.log} LIMIT 0
        """  # noqa: S608 - as above

    @property
    def _logged(self) -> str:
        """The bodies of the events that need them, for a REPLACE."""
        return ", ".join(f"CASE WHEN looks THEN {body} END AS {body}" for body in LOGGED[self.log])

    @property
    def _derived(self) -> str:
        named = {field_of(path, self.log).column for path in self._paths()}
        return "".join(f", {sql} AS {name}" for name, sql in COLUMNS.items() if name in named)

    @property
    def _computed(self) -> list[str]:
        """The bodies that are needed, and computed from those that were logged."""
        sources = {_source(field) for field in map(self._field, self._paths()) if field.kind is Kind.BODY}
        return sorted(sources & {"pod", "rbac"})

    def _bodies(self, indexes: Sequence[int], shapes: Shapes) -> tuple[str, str]:
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
        structures = shapes.structures()
        return bodies, "".join(_tree(name, structures[name]) for name in sorted(readers))

    def _field(self, path: str) -> Field:
        return field_of(path.replace("[any]", ""), self.log)

    def _body(self, path: str) -> bool:
        return self._field(path).kind is Kind.BODY

    def _paths(self) -> Iterator[str]:
        for rule in self._rules:
            yield from fields(rule.predicate)
            yield from _told(rule)

    def _listed(self, path: str) -> Field:
        """Return the field at *path*, in whose steps `[*]` stands for every element."""
        return field_of(path.replace("[any]", "[*]"), self.log)


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


def _tree(name: str, structure: str) -> str:
    """Return a body as the nested value that the tests look into, for a SELECT."""
    if name != "containers":
        return f", json_transform({name}_json, {literal(structure)}) AS {name}_tree"
    lists = "{" + ", ".join(f'"{key}": {structure}' for key in LISTS) + "}"
    parsed = f"json_transform(pod_json, {literal(lists)})"
    joined = f"list_concat(list_concat(all_.{LISTS[0]}, all_.{LISTS[1]}), all_.{LISTS[2]})"
    return f", list_transform([{parsed}], lambda all_: {joined})[1] AS containers_tree"


def _source(field: Field) -> str:
    return "pod" if field.column == "containers" else field.column


def _possible(index: int) -> str:
    return f"possible{index}"


def _any(indexes: Sequence[int]) -> str:
    return " OR ".join(map(_possible, indexes)) or "false"


def _where(indexes: Sequence[int], tests: Sequence[str]) -> str:
    """Return the SQL of the list of those *indexes* whose test is true."""
    return f"list_where(CAST([{', '.join(map(str, indexes))}] AS INTEGER[]), CAST([{', '.join(tests)}] AS BOOLEAN[]))"


def _json_path(steps: Sequence[str]) -> str:
    """Return the JSON path of *steps*, where `[*]` after one stands for every element."""
    names = ((step.removesuffix("[*]"), "[*]" if step.endswith("[*]") else "") for step in steps)
    return "$" + "".join(f'."{name}"{every}' for name, every in names)


def _listed_texts(field: Field, json_path: str) -> str:
    """Return the SQL of the texts at a path of many values, as one text."""
    if field.column != "containers":
        return f"array_to_string({_texts(field.column, json_path)}, chr({BETWEEN}))"
    lists = [_texts("pod", _json_path((f"{key}[*]", *field.steps))) for key in LISTS]
    return f"array_to_string(list_concat(list_concat({lists[0]}, {lists[1]}), {lists[2]}), chr({BETWEEN}))"


def _texts(body: str, json_path: str) -> str:
    """Return the SQL of the list of the texts at a path of many values."""
    found = f"json_extract({body}_json, {literal(json_path)})"
    texts = f"list_transform({found}, lambda item: replace(item->>'$', chr({BETWEEN}), ' '))"
    return f"list_filter({texts}, lambda item: item IS NOT NULL)"
