"""Read Sigma rules from YAML."""

import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from eksaminer.detection.condition import parse_condition
from eksaminer.detection.document import Document, read_document
from eksaminer.detection.fields import Kind, Log, field_of, unknown_field
from eksaminer.detection.predicate import Predicate, disjunction
from eksaminer.detection.rule import Guide, GuideQuery, Listed, Rule, RuleClass, RuleError
from eksaminer.detection.selection import Reading, parse_selection
from eksaminer.outcome import Basis, Severity

ID = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+")
MAX_FILES = 10_000
ALLOW_LISTS = "allow_lists.yml"
"""Holds no rule, but names of identities that rules refer to."""
LOGSOURCES = {("kubernetes", "audit"): Log.AUDIT, ("aws", "cloudtrail"): Log.TRAIL}
ARRAYS_SINCE = 3
"""The version of Sigma that has array blocks."""

E = TypeVar("E", Basis, Listed, RuleClass, Severity)


def load_rules(folder: Path | Traversable) -> tuple[tuple[Rule, ...], tuple[RuleError, ...]]:
    """Read every `.yml` file below *folder*; a broken one is an error beside the others, not their end."""
    rules: list[Rule] = []
    errors: list[RuleError] = []
    for name, file in _files(folder, ""):
        try:
            rules.append(read_rule(_text(file, name), name))
        except RuleError as error:
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
    document = read_document(text, file)
    ours = _mapping(document, "eksaminer") if "eksaminer" in document.values else {}
    reading = _reading(document, strict="eksaminer" in document.values)
    return Rule(
        id=_id(document),
        uuid=_uuid(document),
        title=_string(document, "title"),
        status=_string(document, "status", default="experimental"),
        description=_string(document, "description", default=""),
        references=_strings(document, "references"),
        author=_string(document, "author", default=""),
        date=str(document.values.get("date", "")),
        tags=_strings(document, "tags"),
        false_positives=_strings(document, "falsepositives"),
        severity=_choice(document, Severity, "level", default="medium"),
        rule_class=_choice(document, RuleClass, "eksaminer", "class", default="lead"),
        feeds=_names(document, "feeds"),
        allow=_names(document, "allow"),
        expected=_string(document, "eksaminer", "list", default=""),
        listed=_choice(document, Listed, "eksaminer", "listed", default="expected"),
        baseline=_baseline(document, reading),
        basis=_choice(document, Basis, "eksaminer", "basis", default="beyond"),
        recommendation=_string(document, "eksaminer", "recommendation", default="analyze-logs-with-log-insights"),
        rationale=_string(document, "eksaminer", "rationale", default=""),
        remediation=_string(document, "eksaminer", "remediation", default=""),
        guide=_guide(document) if "guide" in ours else None,
        evidence=_evidence(document, reading.log),
        predicate=_predicate(document, reading),
        log=reading.log,
        file=file,
    )


def _files(folder: Path | Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    for entry in entries[:MAX_FILES]:
        name = f"{prefix}{entry.name}"
        if entry.name == ALLOW_LISTS:
            continue
        if entry.is_dir():
            yield from _files(entry, f"{name}/")
        elif entry.name.endswith((".yml", ".yaml")):
            yield name, entry


def _text(file: Traversable, name: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise RuleError("the file is not UTF-8 text", file=name) from None
    except OSError as error:
        raise RuleError(f"the file cannot be read: {error.strerror}", file=name) from None


def _distinct(rules: list[Rule], errors: list[RuleError]) -> tuple[tuple[Rule, ...], tuple[RuleError, ...]]:
    kept: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in kept:
            errors.append(RuleError(f"the id {rule.id} is already that of {kept[rule.id].file}", file=rule.file))
        else:
            kept[rule.id] = rule
    return tuple(sorted(kept.values(), key=lambda rule: rule.id)), tuple(errors)


def _predicate(document: Document, reading: Reading) -> Predicate:
    detection = _mapping(document, "detection")
    selections: dict[str, Predicate] = {}
    for name, body in detection.items():
        if name not in {"condition", "timeframe"}:
            with _placed(document, str(name)):
                selections[str(name)] = parse_selection(body, reading)
    with _placed(document, "condition"):
        return disjunction([parse_condition(text, selections) for text in _conditions(document)])


def _conditions(document: Document) -> tuple[str, ...]:
    """Return the condition, or several, of which one has to hold."""
    if isinstance(_at(document, ("detection", "condition")), list):
        return _strings(document, "detection", "condition")
    return (_string(document, "detection", "condition"),)


@contextmanager
def _placed(document: Document, name: str) -> Generator[None]:
    """Add the file and the line to an error in the part *name* of the detection."""
    try:
        yield
    except RuleError as error:
        raise document.error(error.problem, "detection", name) from None


def _reading(document: Document, *, strict: bool) -> Reading:
    source = _mapping(document, "logsource")
    log = LOGSOURCES.get((str(source.get("product")), str(source.get("service"))))
    if log is None:
        raise OtherLogError(document.file)
    version = document.values.get("sigma-version", 2)
    if not isinstance(version, int):
        raise document.error("sigma-version is a whole number", "sigma-version")
    return Reading(log=log, arrays=version >= ARRAYS_SINCE, strict=strict)


class OtherLogError(RuleError):
    """The rule is for a log that is not read here: it is left out, and counted."""

    def __init__(self, file: str) -> None:
        super().__init__("logsource has to be kubernetes/audit or aws/cloudtrail", file=file)


def _id(document: Document) -> str:
    if "eksaminer" not in document.values:
        return _uuid(document)
    given = _string(document, "eksaminer", "id")
    if not ID.fullmatch(given):
        raise document.error(f"the id {given!r} is not of the form NAME-PART", "eksaminer", "id")
    return given


def _uuid(document: Document) -> str:
    given = _string(document, "id")
    try:
        return str(UUID(given))
    except ValueError:
        raise document.error(f"id has to be a UUID, not {given!r}", "id") from None


def _evidence(document: Document, log: Log) -> tuple[str, ...]:
    paths = _strings(document, "eksaminer", "evidence")
    for path in paths:
        field = field_of(path.replace("[any]", ""), log)
        if field.kind is Kind.NOTHING:
            raise document.error(unknown_field(path, log), "eksaminer", "evidence")
        if not field.shown:
            raise document.error(f"{path} may hold passwords and is not shown", "eksaminer", "evidence")
    return paths


def _names(document: Document, key: str) -> tuple[str, ...]:
    """Return the names under *key*, which may be one."""
    if isinstance(_at(document, ("eksaminer", key)), str):
        return (_string(document, "eksaminer", key),)
    return _strings(document, "eksaminer", key)


def _baseline(document: Document, reading: Reading) -> tuple[str, ...]:
    paths = _strings(document, "eksaminer", "baseline")
    for path in paths:
        if field_of(path, reading.log).kind is Kind.NOTHING:
            raise document.error(unknown_field(path, reading.log), "eksaminer", "baseline")
    return paths


def _guide(document: Document) -> Guide:
    guide = _mapping(document, "eksaminer", "guide")
    queries = guide.get("queries")
    if not isinstance(queries, list) or not all(isinstance(query, Mapping) for query in queries):
        raise document.error("queries has to be a list of mappings", "eksaminer", "guide", "queries")
    return Guide(
        queries=tuple(_query(document, query) for query in queries),
        misses=_string(document, "eksaminer", "guide", "misses"),
        ours=_string(document, "eksaminer", "guide", "ours"),
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


def _at(document: Document, path: tuple[str, ...]) -> Any:
    found: Any = document.values
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _mapping(document: Document, *path: str) -> Mapping[str, Any]:
    found = _at(document, path)
    if not isinstance(found, Mapping):
        raise document.error(f"{'.'.join(path)} has to be there, as a mapping", *path)
    return found


def _string(document: Document, *path: str, default: str | None = None) -> str:
    found = _at(document, path)
    if found is None and default is not None:
        return default
    if not isinstance(found, str) or not found.strip():
        raise document.error(f"{'.'.join(path)} has to be there, as a text", *path)
    return found.strip()


def _strings(document: Document, *path: str) -> tuple[str, ...]:
    found = _at(document, path)
    if found is None:
        return ()
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise document.error(f"{'.'.join(path)} has to be a list of texts", *path)
    return tuple(found)


def _choice(document: Document, kind: type[E], *path: str, default: str) -> E:
    given = _string(document, *path, default=default)
    try:
        return kind(given)
    except ValueError:
        known = ", ".join(kind)
        raise document.error(f"{'.'.join(path)} is {given!r}; known are {known}", *path) from None
