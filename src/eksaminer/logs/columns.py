"""The columns that the rules at hand need besides the usual ones: derived fields, bodies, evidence of hits."""

from collections.abc import Iterable, Iterator, Sequence

from eksaminer.detection.derived import BODIES, COLUMNS
from eksaminer.detection.duck import to_sql
from eksaminer.detection.fields import Field, Kind, Log, field_of
from eksaminer.detection.guard import guard
from eksaminer.detection.predicate import Predicate, disjunction, fields
from eksaminer.detection.rule import Rule
from eksaminer.detection.shapes import Shapes
from eksaminer.detection.shapes import text as literal

BETWEEN = 31
"""The character between the values of one field that a hit keeps (the unit separator, which no value keeps)."""
LISTS = ("containers", "initContainers", "ephemeralContainers")


def evidence_column(path: str) -> str:
    """Return the name of the column of a hit that shows what stands at *path* of a body."""
    return f"evidence:{path}"


class Columns:
    """The additional columns of one set of rules, of one log."""

    def __init__(self, rules: Sequence[Rule], log: Log = Log.AUDIT) -> None:
        self._log = log
        self._rules = [rule for rule in rules if rule.log is log]
        self.shapes = Shapes((rule.predicate, log) for rule in self._rules)
        self._evidence = sorted({path for rule in self._rules for path in _told(rule) if self._body(path)})
        self._needed = self._bodies()
        self.tests = {
            index: to_sql(predicate, self.shapes, log) for index, rule, predicate in _single(rules) if rule.log is log
        }
        """The SQL of each rule over single events, by its index; base rules come after all rules."""
        self.response = bool(self._needed.keys() & {"response", "pod", "rbac"})
        """Whether any rule reads the response, or what may stand in it."""

    @property
    def derived(self) -> str:
        """The derived columns, for a SELECT."""
        named = {field_of(path, self._log).column for path in self._paths()}
        columns = [f"{sql} AS {name}" for name, sql in COLUMNS.items() if name in named]
        columns += [f"CASE WHEN {need} THEN {BODIES[name]} END AS {name}_json" for name, need in self._needed.items()]
        return "".join(f", {column}" for column in columns)

    @property
    def trees(self) -> str:
        """The bodies as the nested values that the tests look into, for a SELECT."""
        columns: list[str] = []
        for name, structure in self.shapes.structures().items():
            if name != "containers":
                columns.append(f"json_transform({name}_json, {literal(structure)}) AS {name}_tree")
                continue
            lists = "{" + ", ".join(f'"{key}": {structure}' for key in LISTS) + "}"
            parsed = f"json_transform(pod_json, {literal(lists)})"
            joined = f"list_concat(list_concat(all_.{LISTS[0]}, all_.{LISTS[1]}), all_.{LISTS[2]})"
            columns.append(f"list_transform([{parsed}], lambda all_: {joined})[1] AS containers_tree")
        return "".join(f", {column}" for column in columns)

    @property
    def kept(self) -> str:
        """What a hit keeps of an event, for a SELECT."""
        gone = [f"{name}_json" for name in self._needed] + [f"{name}_tree" for name in self.shapes.roots]
        gone += ["call"] if self._log is Log.TRAIL else []
        kept = f"chunk.* EXCLUDE ({', '.join(gone)})" if gone else "chunk.*"
        return ", ".join([kept, *(f'{self._shown(path)} AS "{evidence_column(path)}"' for path in self._evidence)])

    def _body(self, path: str) -> bool:
        return field_of(path.replace("[any]", ""), self._log).kind is Kind.BODY

    def _paths(self) -> Iterator[str]:
        for rule in self._rules:
            yield from fields(rule.predicate)
            yield from _told(rule)

    def _bodies(self) -> dict[str, str]:
        """Return for each body the SQL of which events it is needed of."""
        predicates: dict[str, list[Predicate]] = {}
        for rule in self._rules:
            for name in {_source(field) for field in self._fields(rule) if field.kind is Kind.BODY}:
                predicates.setdefault(name, []).append(guard(rule.predicate))
        return {
            name: to_sql(disjunction(_distinct(needs)), log=self._log) for name, needs in sorted(predicates.items())
        }

    def _fields(self, rule: Rule) -> Iterator[Field]:
        for path in (*fields(rule.predicate), *(path.replace("[any]", "") for path in _told(rule))):
            yield field_of(path, self._log)

    def _shown(self, path: str) -> str:
        """Return the SQL of what stands at *path*, as a text."""
        field = field_of(path.replace("[any]", "[*]"), self._log)
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


def _distinct(predicates: Iterable[Predicate]) -> list[Predicate]:
    return list(dict.fromkeys(predicates))


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
