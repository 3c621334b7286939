"""Look over rules for what makes them useless: tests that never hold, noise, and counts without bounds.

An error is a rule that cannot be used or can never match; a warning is a part of one that never does, or a
rule that will match what nobody wants to see.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from eksaminer.detection.allow_lists import FILE as ALLOW_LISTS
from eksaminer.detection.allow_lists import load_allow_lists
from eksaminer.detection.condition import used
from eksaminer.detection.dead import dead_ways
from eksaminer.detection.document import Document, mapping_at, read_documents, text_of, value_at
from eksaminer.detection.fields import Log, field_of
from eksaminer.detection.folder import refuse_others, rule_files
from eksaminer.detection.never import Cause, Dead
from eksaminer.detection.policy import READ, SOURCE
from eksaminer.detection.predicate import Exists, Not, Predicate, fields
from eksaminer.detection.rule import Correlation, CorrelationKind, OtherLogError, Rule, RuleClass, RuleError
from eksaminer.detection.selection import BLOCK, Reading, parse_selection
from eksaminer.detection.sigma import reading_of, rule_of
from eksaminer.detection.ways import Way, ways
from eksaminer.record import Record

SCHEMA = "eksaminer.lint/1"
LONGEST = 86_400
"""Seconds; a longer window of a correlation keeps too much in memory to be called bounded."""
IDENTITY = ("user.", "impersonatedUser.", "sourceIPs", "source.public")
"""What the fields begin with that tell system identities from people."""
JUDGED = frozenset({RuleClass.LEAD, RuleClass.VIOLATION})
MATCHES = re.compile(r"^(?:detection|correlation)[ \t]*:", re.MULTILINE)
"""What a rule has, for whatever log it is."""
TITLE = re.compile(r"^title[ \t]*:", re.MULTILINE)
NOT_A_SELECTION = frozenset({"condition", "timeframe"})


class Problem(Record, frozen=True, kw_only=True):
    """Something that is wrong with a rule."""

    file: str
    line: int
    """0: the file as a whole."""
    rule: str
    """Its title, or nothing where it could not be read."""
    level: Literal["error", "warning"]
    kind: str
    what: str
    why: str
    mend: str


class LintReport(Record, frozen=True, kw_only=True):
    """What is wrong with some rules."""

    schema: str = SCHEMA
    policy: str = f"{SOURCE} ({READ})"
    """Where the audit policy stands that the answers take for granted."""
    files: int
    rules: int
    """For a log that is read."""
    skipped: int
    """For other logs."""
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> int:
        """How many of the problems are errors."""
        return sum(problem.level == "error" for problem in self.problems)


def lint(path: Path, lists: Mapping[str, Sequence[str]]) -> LintReport:
    """Look over the rule at *path*, or all below it; *lists* are the allow-lists that rules may name."""
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    files = rules = skipped = 0
    folder = path if path.is_dir() else path.parent
    try:
        lists = {**lists, **load_allow_lists(folder)}
    except RuleError as error:
        problems.append(_refused(error))
    unread: list[RuleError] = []
    for name, file in rule_files(path, unread) if path.is_dir() else [(path.name, path)]:
        files += 1
        text = ""
        try:
            text = text_of(file, name)
            if path.is_dir():
                refuse_others(text, name)
            documents = read_documents(text, name)
            rule = rule_of(documents, name)
        except OtherLogError:
            if MATCHES.search(text):
                skipped += 1
            else:
                problems.append(_no_rule(name, text))
            continue
        except RuleError as error:
            problems.append(_refused(error))
            rules += 1
            continue
        rules += 1
        problems += lint_rule(rule, documents, lists)
        problems += _twice(rule, seen)
    problems += map(_refused, unread)
    ordered = sorted(problems, key=lambda item: (item.file, item.line, item.level, item.kind, item.what))
    return LintReport(files=files, rules=rules, skipped=skipped, problems=tuple(ordered))


def lint_rule(rule: Rule, documents: Sequence[Document], lists: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """Look over one *rule*, read from *documents*."""
    *bases, last = documents
    if rule.correlation is None:
        found = list(_logic(rule, last, rule.predicate))
    else:
        predicates = {base.name: base.predicate for base in rule.correlation.bases}
        named = [(document, predicates.get(str(document.values.get("name")))) for document in bases]
        found = [each for document, base in named if base for each in _logic(rule, document, base)]
        found += _bounds(rule, last, rule.correlation)
    yield from found
    yield from _lists(rule, last, lists)
    if not any(problem.level == "error" for problem in found):
        yield from _noise(rule, last)


MENDS = {
    "unexpected character '|'": "Counts are rules of their own: write a correlation (type: event_count) after it.",
    "needs sigma-version: 3": "Write sigma-version: 3 at the top of the rule.",
    "id has to be a UUID": "Make one, for example with uuidgen.",
}
"""How to mend what the loader refuses, by words of its sentence."""


def _refused(error: RuleError) -> Problem:
    mend = next((mend for words, mend in MENDS.items() if words in error.problem), "")
    what = error.problem[:1].upper() + error.problem[1:] + ("" if error.problem.endswith("?") else ".")
    return Problem(
        file=error.file,
        line=error.line,
        rule="",
        level="error",
        kind="refused",
        what=what,
        why="The file cannot be read as a rule, and is left out of every scan.",
        mend=mend or "Write what the sentence asks for; the Sigma specification has the form of every part.",
    )


def _no_rule(file: str, text: str) -> Problem:
    """Say that *file* holds nothing that could match: an error where it was meant to."""
    meant = TITLE.search(text) is not None
    return Problem(
        file=file, line=0, rule="", level="error" if meant else "warning", kind="no-rule",
        what="It has a title, and neither a detection nor a correlation." if meant else "It holds no Sigma rule.",
        why="It matches nothing, and is left out of every scan.",
        mend="Write the detection; or keep the file elsewhere than the rules.",
    )  # fmt: skip


def _twice(rule: Rule, seen: dict[str, str]) -> Iterator[Problem]:
    first = seen.setdefault(rule.id, rule.file)
    if first != rule.file:
        yield Problem(
            file=rule.file, line=0, rule=rule.title, level="error", kind="duplicate",
            what=f"The id {rule.id} is already that of {first}.",
            why="Two rules with one id cannot be told apart in a report.",
            mend="Give one of them another id.",
        )  # fmt: skip


class _At:
    """Makes the problems of one document of a rule."""

    def __init__(self, rule: Rule, document: Document) -> None:
        self.rule = rule
        self.document = document

    def dead(self, dead: Dead, line: int, level: Literal["error", "warning"]) -> Problem:
        """Say that something never matches."""
        return self.problem(dead.cause, level, line, dead.what, dead.why, dead.mend)

    def problem(self, kind: str, level: Literal["error", "warning"], line: int, *said: str) -> Problem:
        """Say what is wrong, why, and how to mend it."""
        what, why, mend = said
        return Problem(
            file=self.document.file,
            line=line,
            rule=self.rule.title,
            level=level,
            kind=kind,
            what=what,
            why=why,
            mend=mend,
        )

    def line(self, *path: str) -> int:
        """Return the line of what stands at *path*, or of what is around it."""
        return self.document.error("", *path).line

    def line_of(self, field: str) -> int:
        """Return the line where *field* is asked for first, or of the condition."""
        lines = [
            line
            for path, line in self.document.lines.items()
            if path[0] == "detection" and path[-1].split("|")[0].removesuffix("[any]").removesuffix("[all]") == field
        ]
        return min(lines, default=self.line("detection", "condition"))


def _logic(rule: Rule, document: Document, predicate: Predicate) -> Iterator[Problem]:
    at = _At(rule, document)
    reading = reading_of(document, strict=False)
    selections = {str(name): body for name, body in mapping_at(document, "detection").items()}
    parts = [
        part
        for name, body in selections.items()
        if name not in NOT_A_SELECTION
        for part in _tests(at, ("detection", name), body, reading)
    ]
    found = ways(predicate)
    verdicts = dead_ways(found, rule.log) if found else [None]
    whole = [dead for dead in verdicts if dead is not None]
    dead = len(whole) == len(verdicts)
    yield from _deaths(at, parts, whole if dead else [])
    if not dead:
        yield from _dead_selections(at, selections, reading, {line for line, _ in parts})
        yield from _wide(at, found or (), verdicts)
    yield from _unused(at, selections)


def _deaths(at: _At, parts: list[tuple[int, Dead]], whole: Sequence[Dead]) -> Iterator[Problem]:
    """Give the tests that never hold: errors where they are the reason why the rule never matches."""
    guilty = {(dead.cause, dead.field) for dead in whole}
    for line, dead in parts:
        error = (dead.cause, dead.field) in guilty
        yield at.dead(dead, line, "error" if error else "warning")
    told = {(dead.cause, dead.field) for _, dead in parts}
    for dead in {(dead.cause, dead.field): dead for dead in whole}.values():
        if (dead.cause, dead.field) not in told:
            yield at.dead(dead, at.line_of(dead.field), "error")


def _tests(at: _At, path: tuple[str, ...], body: Any, reading: Reading) -> Iterator[tuple[int, Dead]]:
    """Give each value of each test that no event satisfies, with its line."""
    if isinstance(body, list):
        for item in body:
            yield from _tests(at, path, item, reading)
    if not isinstance(body, Mapping):
        return
    for key, value in body.items():
        block = BLOCK.fullmatch(str(key).split("|")[0])
        for item in [value] if block or not isinstance(value, list) else value:
            test = parse_selection({key: item}, reading)
            dead = _never(test, reading.log)
            if dead is not None:
                yield at.line(*path, str(key)), dead


def _never(test: Predicate, log: Log) -> Dead | None:
    match test:
        case Not(part=Exists()):
            found = dead_ways(ways(test) or (), log)
            return found[0] if found else None
        case Not(part=part):
            return _never(part, log)
        case _:
            found = dead_ways(ways(test) or (), log)
            causes = {Cause.UNKNOWN_FIELD, Cause.IMPOSSIBLE_VALUE}
            first = next((dead for dead in found if dead is not None), None)
            return first if first and all(dead and dead.cause in causes for dead in found) else None


def _dead_selections(at: _At, selections: Mapping[str, Any], reading: Reading, told: set[int]) -> Iterator[Problem]:
    """Give the selections that no event satisfies, in a rule that can match without them."""
    for name, body in selections.items():
        line = at.line("detection", name)
        inside = {found for path, found in at.document.lines.items() if path[:2] == ("detection", name)}
        if name in NOT_A_SELECTION or inside & told:
            continue
        verdicts = dead_ways(ways(parse_selection(body, reading)) or (), reading.log)
        first = next((dead for dead in verdicts if dead is not None), None)
        if first is not None and None not in verdicts:
            yield at.dead(first, line, "warning")


def _wide(at: _At, found: Sequence[Way], verdicts: Sequence[Dead | None]) -> Iterator[Problem]:
    living = [way for way, dead in zip(found, verdicts, strict=False) if dead is None]
    if any(not any(literal.positive for literal in way) for way in living):
        yield at.problem(
            "matches-nearly-all", "warning", at.line("detection", "condition"),
            "The condition holds for nearly every event.",
            "It asks only what an event must not have, and events lack most things.",
            "Say first what an event has to have.",
        )  # fmt: skip


def _unused(at: _At, selections: Mapping[str, Any]) -> Iterator[Problem]:
    condition = value_at(at.document, ("detection", "condition"))
    text = " ".join(f"({item})" for item in condition) if isinstance(condition, list) else str(condition)
    named = used(text, selections)
    for name in selections:
        if name not in named | NOT_A_SELECTION and not name.startswith("_"):
            yield at.problem(
                "unused-selection", "warning", at.line("detection", name),
                f"The condition does not use the selection {name}.",
                "What it asks for changes nothing.",
                "Name it in the condition, or take it away.",
            )  # fmt: skip


COUNTS = frozenset({CorrelationKind.EVENT_COUNT, CorrelationKind.VALUE_COUNT})


def _bounds(rule: Rule, document: Document, correlation: Correlation) -> Iterator[Problem]:
    """Give what keeps a correlation from being bounded, in number, time or by whom."""
    at = _At(rule, document)
    if correlation.kind in COUNTS and not any(_limits(bound.operator, bound.value) for bound in correlation.bounds):
        yield at.problem(
            "no-lower-bound", "error", at.line("correlation", "condition"),
            "One event is enough for this count.",
            "Without a lower bound of two or more every event of the base rule is a hit, and nothing is counted.",
            "Write gte: with the number from which it matters, or use the base rule alone.",
        )  # fmt: skip
    if not correlation.group_by:
        yield at.problem(
            "no-group-by", "warning", at.line("correlation"),
            "The events of everybody are taken together.",
            "Without group-by the requests of unrelated people and nodes add up to a hit.",
            "Write group-by, such as user.username or sourceIPs.",
        )  # fmt: skip
    if correlation.seconds > LONGEST:
        yield at.problem(
            "long-timespan", "warning", at.line("correlation", "timespan"),
            "The timespan is longer than a day.",
            "All events of the span are kept in memory, and a slow trickle of ordinary ones adds up to a hit.",
            "Write a span in which an attack takes place: minutes, or hours.",
        )  # fmt: skip


def _limits(operator: str, value: int) -> bool:
    least = value + 1 if operator == "gt" else value
    return operator in {"gt", "gte", "eq"} and least > 1


def _lists(rule: Rule, document: Document, lists: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    at = _At(rule, document)
    for name in rule.allow:
        if name not in lists:
            yield at.problem(
                "no-such-list", "error", at.line("eksaminer", "allow"),
                f"There is no allow-list {name}.",
                "Nobody is on a list that does not exist.",
                f"Known are {', '.join(sorted(lists))}; lists of your own stand in {ALLOW_LISTS} beside the rules.",
            )  # fmt: skip


def _noise(rule: Rule, document: Document) -> Iterator[Problem]:
    at = _At(rule, document)
    decided = value_at(document, ("eksaminer", "allow")) is not None
    if decided or rule.log is not Log.AUDIT or rule.rule_class not in JUDGED or _tells_who(rule):
        return
    yield at.problem(
        "no-allow-list", "warning", at.line("eksaminer") or at.line("title"),
        "The rule expects no system identity.",
        "Nodes, controllers and add-ons of EKS make most of the requests of a cluster; where they do what the rule "
        "looks for, each is a finding.",
        "Write allow: [eks-system, kubernetes-controllers] under eksaminer ([] where nobody may do it), or test "
        "user.username.",
    )  # fmt: skip


def _tells_who(rule: Rule) -> bool:
    return any(path.startswith(IDENTITY) and field_of(path).column for path in fields(rule.predicate))
