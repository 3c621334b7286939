"""`eksaminer.toml`: what is in scope, what is expected, and what makes a run fail.

Its keys are the fields of the tables below; nothing else lists them. Precedence: tool defaults, then the file,
then the flags of the command line.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, cast, get_args, get_origin

import msgspec
from msgspec import UNSET, UnsetType, field

from eksaminer.criteria import TOOL_DEFAULT, Criteria
from eksaminer.decision_rules import check_decisions
from eksaminer.decisions import AcceptedRisk, Decisions, Disposition
from eksaminer.errors import ConfigError
from eksaminer.findings import DocumentControl
from eksaminer.frameworks import frameworks
from eksaminer.gate import Gate
from eksaminer.outcome import Severity
from eksaminer.record import Record

DEFAULT_FILE = "eksaminer.toml"
MAX_BYTES = 2**20

Threshold = Literal["critical", "high", "medium", "low", "none"]
"""`--fail-on`: the lowest severity of a FAIL that makes the run fail."""

_MOST_NAMES = 15
"""More names than that are no help in an error."""

_DAYS = frozenset({"created`", "expires`", "date`"})
_A_DAY = "Write a day as in expires = 2026-12-31."

_NOT_KEYS = frozenset({"allow", "expected", "origins", "prices"})
"""Fields of the criteria that stand elsewhere in the file, or are set by the program."""


class OutOfScope(Record, frozen=True, kw_only=True):
    """A cluster or region that is left out on purpose."""

    name: str
    """`REGION`, or `NAME`, `REGION/NAME` or ARN of a cluster."""
    reason: str


class ScopeTable(Record, frozen=True, kw_only=True):
    """`[scope]`: what there is to assess."""

    accounts: tuple[str, ...] = ()
    """The accounts that may be read: credentials of another one end the run. Empty: any."""
    regions: tuple[str, ...] = ()
    """Empty: all that the account has enabled."""
    clusters: tuple[str, ...] = ()
    """`NAME`, `REGION/NAME` or ARN; empty: all."""
    out_of_scope: tuple[OutOfScope, ...] = ()


class GateTable(Record, frozen=True, kw_only=True):
    """`[gate]`: what makes a run fail."""

    fail_on: Threshold | UnsetType = UNSET
    checks: Literal["config", "all"] | UnsetType = UNSET
    allow_incomplete: bool | UnsetType = UNSET


class ReportTable(Record, frozen=True, kw_only=True):
    """`[report]`: what is written, and who may read it."""

    formats: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    classification: str = ""
    """Stands on every page of the PDF; empty: "Confidential"."""
    distribution: tuple[str, ...] = ()
    """Who receives the report: printed in its document control."""


CriteriaTable = msgspec.defstruct(
    "CriteriaTable",
    [
        (item.name, item.type | UnsetType, UNSET)
        for item in msgspec.structs.fields(Criteria)
        if item.name not in _NOT_KEYS
    ],
    bases=(Record,),
    namespace={"__doc__": "`[criteria]`: thresholds and `[criteria.levels]`, by the names of `Criteria`."},
    frozen=True,
    kw_only=True,
)


class _File(Record, frozen=True, kw_only=True):
    scope: ScopeTable = field(default_factory=ScopeTable)
    criteria: CriteriaTable = field(default_factory=CriteriaTable)  # type: ignore[valid-type] # pyright: ignore[reportInvalidTypeForm] - made from Criteria, so that no key list is written twice
    allow: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    gate: GateTable = field(default_factory=GateTable)
    report: ReportTable = field(default_factory=ReportTable)
    waivers: tuple[AcceptedRisk, ...] = ()
    dispositions: tuple[Disposition, ...] = ()


class Config(Record, frozen=True, kw_only=True):
    """A configuration file, checked; or its absence."""

    file: str = ""
    """Its name; empty: there is none."""
    scope: ScopeTable = field(default_factory=ScopeTable)
    criteria: Criteria = field(default_factory=Criteria)
    gate: GateTable = field(default_factory=GateTable)
    formats: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    document: DocumentControl = field(default_factory=DocumentControl)
    decisions: Decisions = field(default_factory=Decisions)


def find(explicit: Path | None, folder: Path) -> Path | None:
    """Return the file to read: the one that was named, or `eksaminer.toml` of *folder* if it is there."""
    default = folder / DEFAULT_FILE
    return explicit or (default if default.is_file() else None)


def load(path: Path | None) -> Config:
    """Read *path*; None gives the defaults.

    Raises:
        ConfigError: it cannot be read, holds an unknown key, or a value that cannot be.
    """
    if path is None:
        return Config()
    file = _read(_toml(path), path)
    return Config(
        file=path.name,
        scope=file.scope,
        criteria=_criteria(file, path),
        gate=file.gate,
        formats=file.report.formats,
        languages=file.report.languages,
        document=DocumentControl(classification=file.report.classification, distribution=file.report.distribution),
        decisions=_decisions(file, path),
    )


def with_waivers(config: Config, path: Path) -> Config:
    """Return *config* with the waivers and dispositions of a file of their own (`--waivers`).

    Raises:
        ConfigError: it cannot be read, holds anything else, or repeats what the configuration has.
    """
    data = _toml(path)
    for name in sorted(set(data) - {"waivers", "dispositions"}):
        raise ConfigError(f"{path}: {name} has no place here.", "Write [[waivers]] and [[dispositions]] alone.")
    more = _decisions(_read(data, path), path)
    both = Decisions(
        waivers=config.decisions.waivers + more.waivers, dispositions=config.decisions.dispositions + more.dispositions
    )
    check_decisions(both, str(path))
    return msgspec.structs.replace(config, decisions=both)


def _decisions(file: _File, path: Path) -> Decisions:
    found = Decisions(waivers=file.waivers, dispositions=file.dispositions)
    check_decisions(found, str(path))
    return found


def _read(data: dict[str, Any], path: Path) -> _File:
    for where, name, known in _unknown(data, _File, ""):
        raise ConfigError(f"{path}: unknown key {where}.", suggestion(name, known))
    try:
        return msgspec.convert(data, _File)
    except msgspec.ValidationError as error:
        raise ConfigError(*_described(error, data, path)) from error


def key_names() -> tuple[str, ...]:
    """Return every key of the file, as `table.key`; a table of free names as `table.*`."""
    return tuple(_keys(_File, ""))


def gate(
    config: Config,
    *,
    fail_on: Threshold | None = None,
    checks: Literal["config", "all"] | None = None,
    allow_incomplete: bool | None = None,
) -> Gate:
    """Return the gate in force: the flags, then the file, then the defaults."""
    table = config.gate
    default = Gate()
    threshold = fail_on or (table.fail_on if table.fail_on is not UNSET else None)
    severity = default.fail_on if threshold is None else None if threshold == "none" else Severity(threshold)
    return Gate(
        fail_on=severity,
        checks=checks or (table.checks if table.checks is not UNSET else default.checks),
        allow_incomplete=allow_incomplete or table.allow_incomplete is True,
    )


def with_framework(criteria: Criteria, name: str, where: str = "--framework") -> Criteria:
    """Return *criteria* with the retention that a framework asks for, unless the file sets one itself.

    Raises:
        ConfigError: there is no such framework.
    """
    known = frameworks()
    if name not in known:
        raise ConfigError(f'{where}: there is no framework "{name}".', suggestion(name, known))
    framework, key = known[name], "minimum_retention_days"
    if not criteria.origin(key).startswith((TOOL_DEFAULT, *(item.label for item in known.values()))):
        return msgspec.structs.replace(criteria, framework=name)
    if framework.days is None:
        origin = f"{TOOL_DEFAULT}: {framework.label} names no number of days"
        days = Criteria().minimum_retention_days
    else:
        origin, days = framework.label, framework.days
    origins = {**criteria.origins, key: origin, "framework": where.removesuffix(": criteria.framework")}
    return msgspec.structs.replace(criteria, framework=name, minimum_retention_days=days, origins=origins)


def check_names(config: Config, checks: Iterable[str], lists: Iterable[str]) -> None:
    """Refuse levels and allow-lists of checks and rules that are not installed, or take none.

    Args:
        config: The configuration.
        checks: The ids of the checks, and of their aspects (`LOG-02.api`).
        lists: The ids of the rules and checks that take a list.

    Raises:
        ConfigError: a name is unknown.
    """
    _all_known(config, "criteria.levels", config.criteria.levels, checks)
    _all_known(config, "allow", config.criteria.allow, lists)


def check_waivers(config: Config, checks: Iterable[str]) -> None:
    """Refuse waivers of checks that are not installed; *checks* are their ids and those of their aspects.

    Raises:
        ConfigError: a name is unknown.
    """
    known = set(checks)
    for item in config.decisions.waivers:
        if item.check not in known:
            raise ConfigError(f'Waiver {item.id}: there is no check "{item.check}".', suggestion(item.check, known))


def _all_known(config: Config, table: str, names: Iterable[str], known: Iterable[str]) -> None:
    known = set(known)
    for name in sorted(set(names) - known):
        raise ConfigError(f'{config.file}: unknown name "{name}" in [{table}].', suggestion(name, known))


def _toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ConfigError(f"{path} is larger than {MAX_BYTES // 2**20} MiB: refused.")
        return tomllib.loads(data.decode(), parse_float=Decimal)
    except OSError as error:
        raise ConfigError(f"Cannot read {path}: {error.strerror}.", "Name one that exists.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start}).") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(
            f"{path} is not TOML: {error}.", 'Correct that line: a text stands in quotes, as in fail_on = "high".'
        ) from error


def _unknown(data: Mapping[str, Any], table: type, where: str) -> Iterator[tuple[str, str, list[str]]]:
    """Yield path, name and known names for each key of *data* that *table* does not have."""
    fields = {item.name: item.type for item in msgspec.structs.fields(table)}
    for name, value in data.items():
        path = f"{where}{name}"
        if name not in fields:
            yield path, name, sorted(fields)
            continue
        inner, entries = _inner(fields[name], value)
        for entry in entries:
            if isinstance(entry, dict):
                yield from _unknown(cast("dict[str, Any]", entry), inner, f"{path}.")


def _inner(kind: Any, value: Any) -> tuple[type, list[Any]]:
    """Return the table that *kind* is, or is a list of, and the values to look into."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind, [value]
    if get_origin(kind) is tuple and isinstance(value, list):
        (item, *_) = get_args(kind)
        if isinstance(item, type) and issubclass(item, msgspec.Struct):
            return item, list(value)
    return Record, []


def _keys(table: type, where: str) -> Iterator[str]:
    for item in msgspec.structs.fields(table):
        inner, found = _inner(item.type, [{}] if get_origin(item.type) is tuple else {})
        if found:
            yield from _keys(inner, f"{where}{item.name}.")
        elif dict in (get_origin(item.type), *(get_origin(option) for option in get_args(item.type))):
            yield f"{where}{item.name}.*"
        else:
            yield f"{where}{item.name}"


def _criteria(file: _File, path: Path) -> Criteria:
    table: dict[str, Any] = msgspec.structs.asdict(file.criteria)
    given = {name: value for name, value in table.items() if value is not UNSET}
    for name, value in given.items():
        if isinstance(value, int) and not isinstance(value, bool) and value < 1:
            raise ConfigError(f"{path}: criteria.{name} is {value}; it must be at least 1.")
        if isinstance(value, Decimal) and not (value.is_finite() and value > 0):
            raise ConfigError(f"{path}: criteria.{name} is {value}; it must be an amount above zero.")
    asked = given.pop("framework", "")
    criteria = with_framework(Criteria(), asked, f"{path}: criteria.framework") if asked else Criteria()
    origins = {**criteria.origins, **_origins(given, file, path)}
    criteria = msgspec.structs.replace(criteria, **given, allow=file.allow, origins=origins)
    limit = criteria.maximum_retention_days
    if limit is not None and limit < criteria.minimum_retention_days:
        raise ConfigError(
            f"{path}: criteria.maximum_retention_days ({limit}) is below criteria.minimum_retention_days "
            f"({criteria.minimum_retention_days}): no log group could meet both."
        )
    if criteria.late_after_hours > criteria.stale_after_hours:
        raise ConfigError(
            f"{path}: criteria.late_after_hours ({criteria.late_after_hours}) is above criteria.stale_after_hours "
            f"({criteria.stale_after_hours}): nothing could be late."
        )
    if criteria.gap_minutes > criteria.long_gap_minutes:
        raise ConfigError(
            f"{path}: criteria.gap_minutes ({criteria.gap_minutes}) is above criteria.long_gap_minutes "
            f"({criteria.long_gap_minutes}): every gap would be a long one."
        )
    return criteria


def _origins(given: Mapping[str, Any], file: _File, path: Path) -> dict[str, str]:
    levels = cast("dict[str, Any]", given.get("levels", {}))
    names = [name for name in given if name != "levels"]
    names += [f"levels.{name}" for name in levels] + [f"allow.{name}" for name in file.allow]
    return dict.fromkeys(names, path.name)


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return what may have been meant by *name*, or what there is."""
    names = sorted(known)
    close = get_close_matches(name, names, 1, 0.6) or get_close_matches(name.upper(), names, 1, 0.6)
    if close:
        return f"Did you mean {close[0]}?"
    return f"Known here: {', '.join(names)}." if 0 < len(names) <= _MOST_NAMES else ""


def _described(error: msgspec.ValidationError, data: dict[str, Any], path: Path) -> tuple[str, str]:
    """Turn `Expected …, got … - at `$.a[...]`` into `a.KEY: expected …, got …`, and name the values there can be."""
    said, _, where = str(error).partition(" - at `$.")
    if not where:
        return f"{path}: {said}.", ""
    names, allowed = _located(where.rstrip("`"), data), _values_of(where.rstrip("`"))
    do = f"Write one of {', '.join(allowed)}." if allowed else _A_DAY if where.rpartition(".")[2] in _DAYS else ""
    return f"{path}: {names}: {said[:1].lower()}{said[1:]}.", do


def _located(where: str, data: dict[str, Any]) -> str:
    """Name the entry of a table of free names that *where* gives as `[...]`: the first that cannot be read alone."""
    table, dots, after = where.partition("[...]")
    if not dots:
        return where
    names = table.split(".")
    entries: Any = data
    for name in names:
        entries = entries[name]
    for key, value in entries.items():
        alone: Any = {key: value}
        for name in reversed(names):
            alone = {name: alone}
        try:
            msgspec.convert(alone, _File)
        except msgspec.ValidationError:
            return f"{table}.{key}{after}"
    return table


def _values_of(where: str) -> tuple[str, ...]:
    """Return the values that the key *where* can have; empty: they cannot be listed."""
    kind: Any = _File
    for name in re.findall(r"\[|[^.\[\]]+(?![^\[]*\])", where):
        options = [kind, *get_args(kind)]
        table = next((item for item in options if isinstance(item, type) and issubclass(item, msgspec.Struct)), None)
        if name == "[":
            container = next(item for item in options if get_origin(item) in {dict, tuple})
            kind = get_args(container)[get_origin(container) is dict]
        elif table is not None:
            kind = next(item.type for item in msgspec.structs.fields(table) if item.name == name)
    for item in (kind, *get_args(kind)):
        if get_origin(item) is Literal:
            return get_args(item)
        if isinstance(item, type) and issubclass(item, StrEnum):
            return tuple(item)
    return ()
