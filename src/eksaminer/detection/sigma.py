"""Read Sigma rules from YAML."""

import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from eksaminer.detection.condition import parse_condition
from eksaminer.detection.correlation import correlation_of
from eksaminer.detection.document import Document, mapping_at, read_documents, text_at, text_of, texts_at, value_at
from eksaminer.detection.fields import Kind, Log, field_of, unknown_field
from eksaminer.detection.folder import log_of, refuse_others, rule_files, shown_source
from eksaminer.detection.predicate import Predicate, disjunction, tests
from eksaminer.detection.rule import (
    HIT_FIELDS,
    Base,
    Guide,
    GuideQuery,
    Listed,
    OtherLogError,
    Rule,
    RuleClass,
    RuleError,
)
from eksaminer.detection.selection import Reading, parse_selection
from eksaminer.outcome import Basis, Severity

ID = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+")
MAX_TESTS = 5_000
"""Tests of one event, with what a condition names twice counted twice: what the log engine can take."""
ARRAYS_SINCE = 3
"""The version of Sigma that has array blocks."""

E = TypeVar("E", Basis, Listed, RuleClass, Severity)


def load_rules(folder: Path | Traversable) -> tuple[tuple[Rule, ...], tuple[RuleError, ...]]:
    """Read every `.yml` file below *folder*; a broken one is an error beside the others, not their end."""
    rules: list[Rule] = []
    errors: list[RuleError] = []
    for name, file in rule_files(folder, errors):
        try:
            text = text_of(file, name)
            refuse_others(text, name)
            documents = read_documents(text, name)
        except RuleError as error:
            errors.append(error)
            continue
        try:
            rules.append(rule_of(documents, name))
        except RuleError as error:
            error.rule = _claimed(documents[-1])
            errors.append(error)
    return _distinct(rules, errors)


def rules_from_text(texts: Mapping[str, str]) -> tuple[tuple[Rule, ...], tuple[RuleError, ...]]:
    """Read rules from *texts*, by file name."""
    rules: list[Rule] = []
    errors: list[RuleError] = []
    for name in sorted(texts):
        try:
            rules.append(read_rule(texts[name], name))
        except RuleError as error:
            errors.append(error)
    return _distinct(rules, errors)


def read_rule(text: str, file: str = "") -> Rule:
    """Read one rule. Raises `RuleError` with the file and, where it is known, the line."""
    return rule_of(read_documents(text, file), file)


def rule_of(documents: Sequence[Document], file: str = "") -> Rule:
    """Return the rule that *documents* of one file make. Raises `RuleError`."""
    *others, document = documents
    if "correlation" in document.values:
        bases = [_base(base) for base in others]
        return _rule(document, _common(bases, document), bases)
    if others:
        raise RuleError("one file holds one rule, or a correlation after the rules it names", file=file)
    return _rule(document, reading_of(document, strict="eksaminer" in document.values), [])


def _rule(document: Document, reading: Reading, bases: list[tuple[Base, Reading]]) -> Rule:
    correlation = correlation_of(document, bases) if bases else None
    ours = mapping_at(document, "eksaminer") if "eksaminer" in document.values else {}
    return Rule(
        id=_id(document),
        uuid=_uuid(document),
        title=text_at(document, "title"),
        status=text_at(document, "status", default="experimental"),
        description=text_at(document, "description", default=""),
        references=texts_at(document, "references"),
        author=text_at(document, "author", default=""),
        date=str(document.values.get("date", "")),
        tags=texts_at(document, "tags"),
        false_positives=texts_at(document, "falsepositives"),
        severity=_choice(document, Severity, "level", default="medium"),
        rule_class=_choice(document, RuleClass, "eksaminer", "class", default="lead"),
        feeds=_names(document, "feeds"),
        allow=_names(document, "allow"),
        expected=text_at(document, "eksaminer", "list", default=""),
        about=_about(document, reading),
        listed=_choice(document, Listed, "eksaminer", "listed", default="expected"),
        baseline=_fields(document, reading, "baseline"),
        group_by=_fields(document, reading, "group_by"),
        basis=_choice(document, Basis, "eksaminer", "basis", default="beyond"),
        recommendation=text_at(document, "eksaminer", "recommendation", default="analyze-logs-with-log-insights"),
        rationale=text_at(document, "eksaminer", "rationale", default=""),
        remediation=text_at(document, "eksaminer", "remediation", default=""),
        guide=_guide(document) if "guide" in ours else None,
        evidence=_evidence(document, reading.log),
        predicate=disjunction([base.predicate for base in correlation.bases])
        if correlation
        else _predicate(document, reading),
        correlation=correlation,
        log=reading.log,
        file=document.file,
    )


def _base(document: Document) -> tuple[Base, Reading]:
    """Read a rule whose hits are correlated; what it says for people is not used."""
    reading = reading_of(document, strict=True)
    name = text_at(document, "name")
    return Base(name=name, predicate=_predicate(document, reading)), reading


def _common(bases: list[tuple[Base, Reading]], document: Document) -> Reading:
    """Return how the base rules are read, which has to be the same log for all."""
    if len({reading.log for _, reading in bases}) != 1:
        raise document.error("a correlation needs its base rules before it in the same file, of one log", "correlation")
    return bases[0][1]


def _distinct(rules: list[Rule], errors: list[RuleError]) -> tuple[tuple[Rule, ...], tuple[RuleError, ...]]:
    kept: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in kept:
            errors.append(RuleError(f"the id {rule.id} is already that of {kept[rule.id].file}", file=rule.file))
        else:
            kept[rule.id] = rule
    return tuple(sorted(kept.values(), key=lambda rule: rule.id)), tuple(errors)


def _predicate(document: Document, reading: Reading) -> Predicate:
    detection = mapping_at(document, "detection")
    selections: dict[str, Predicate] = {}
    for name, body in detection.items():
        if name not in {"condition", "timeframe"}:
            with _placed(document, str(name)):
                selections[str(name)] = parse_selection(body, reading)
    with _placed(document, "condition"):
        predicate = disjunction([parse_condition(text, selections) for text in _conditions(document)])
        if tests(predicate) > MAX_TESTS:
            raise RuleError(f"the rule asks for more than {MAX_TESTS:,} tests of each event")
        return predicate


def _conditions(document: Document) -> tuple[str, ...]:
    """Return the condition, or several, of which one has to hold."""
    if isinstance(value_at(document, ("detection", "condition")), list):
        return texts_at(document, "detection", "condition")
    return (text_at(document, "detection", "condition"),)


@contextmanager
def _placed(document: Document, name: str) -> Generator[None]:
    """Add the file and the line to an error in the part *name* of the detection."""
    try:
        yield
    except RuleError as error:
        raise document.error(error.problem, "detection", name) from None


def reading_of(document: Document, *, strict: bool) -> Reading:
    """Return how the selections of *document* are read. Raises `OtherLogError` where it is for another log."""
    source = mapping_at(document, "logsource")
    log = log_of(source)
    if log is None:
        raise OtherLogError(document.file, shown_source(source))
    version = document.values.get("sigma-version", 2)
    if not isinstance(version, int):
        raise document.error("sigma-version is a whole number", "sigma-version")
    return Reading(log=log, arrays=version >= ARRAYS_SINCE, strict=strict)


def _claimed(document: Document) -> str:
    """Return the id that a rule would have if the rest of it could be used; empty: none."""
    try:
        return _id(document)
    except RuleError:
        return ""


def _id(document: Document) -> str:
    if "eksaminer" not in document.values:
        return _uuid(document)
    given = text_at(document, "eksaminer", "id")
    if not ID.fullmatch(given):
        raise document.error(f"the id {given!r} is not of the form NAME-PART", "eksaminer", "id")
    return given


def _uuid(document: Document) -> str:
    given = text_at(document, "id")
    try:
        return str(UUID(given))
    except ValueError:
        raise document.error(f"id has to be a UUID, not {given!r}", "id") from None


def _evidence(document: Document, log: Log) -> tuple[str, ...]:
    paths = texts_at(document, "eksaminer", "evidence")
    for path in paths:
        field = field_of(path.replace("[any]", ""), log)
        if field.kind is Kind.NOTHING:
            raise document.error(unknown_field(path, log), "eksaminer", "evidence")
        if not field.shown:
            raise document.error(f"{path} may hold passwords and is not shown", "eksaminer", "evidence")
    return paths


def _names(document: Document, key: str) -> tuple[str, ...]:
    """Return the names under *key*, which may be one."""
    if isinstance(value_at(document, ("eksaminer", key)), str):
        return (text_at(document, "eksaminer", key),)
    return texts_at(document, "eksaminer", key)


def _fields(document: Document, reading: Reading, key: str) -> tuple[str, ...]:
    """Return the fields under *key* by whose values hits are told apart."""
    paths = texts_at(document, "eksaminer", key)
    if paths and "correlation" in document.values:
        raise document.error(f"{key} is for rules over single events", "eksaminer", key)
    known = HIT_FIELDS if key == "group_by" else frozenset[str]()
    for path in paths:
        if path not in known and field_of(path, reading.log).kind is Kind.NOTHING:
            raise document.error(unknown_field(path, reading.log), "eksaminer", key)
    return paths


def _about(document: Document, reading: Reading) -> str:
    path = text_at(document, "eksaminer", "about", default="")
    if path and field_of(path.replace("[any]", ""), reading.log).kind is Kind.NOTHING:
        raise document.error(unknown_field(path, reading.log), "eksaminer", "about")
    if path and "correlation" in document.values:
        raise document.error("about is for rules over single events", "eksaminer", "about")
    if not path and value_at(document, ("eksaminer", "listed")) == Listed.HITS:
        raise document.error("listed: hits needs about, the field whose values are listed", "eksaminer", "listed")
    return path


def _guide(document: Document) -> Guide:
    guide = mapping_at(document, "eksaminer", "guide")
    queries = guide.get("queries")
    if not isinstance(queries, list) or not all(isinstance(query, Mapping) for query in queries):
        raise document.error("queries has to be a list of mappings", "eksaminer", "guide", "queries")
    return Guide(
        queries=tuple(_query(document, query) for query in queries),
        misses=text_at(document, "eksaminer", "guide", "misses"),
        ours=text_at(document, "eksaminer", "guide", "ours"),
    )


def _query(document: Document, query: Mapping[str, Any]) -> GuideQuery:
    number, subject, text = query.get("number"), query.get("subject"), query.get("query")
    resources = query.get("resources", [])
    if not isinstance(number, int) or not isinstance(subject, str) or not isinstance(text, str):
        raise document.error("a query has a number, a subject and a query", "eksaminer", "guide", "queries")
    if not isinstance(resources, list):
        raise document.error("resources has to be a list", "eksaminer", "guide", "queries")
    names = tuple(str(name) for name in resources)
    return GuideQuery(number=number, subject=subject, query=text.strip(), resources=names)


def _choice(document: Document, kind: type[E], *path: str, default: str) -> E:
    given = text_at(document, *path, default=default)
    try:
        return kind(given)
    except ValueError:
        known = ", ".join(kind)
        raise document.error(f"{'.'.join(path)} is {given!r}; known are {known}", *path) from None
