"""Find the checks: every Python and Sigma file in every installed check pack, and in folders of the user."""

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType, ModuleType

from eksaminer.check import Check
from eksaminer.detection import OtherLogError, Rule, RuleError, expected_of, load_allow_lists, load_rules
from eksaminer.detection.allow_lists import FILE as ALLOW_LISTS
from eksaminer.detection.document import text_of
from eksaminer.detection.folder import rule_files
from eksaminer.findings import Pack
from eksaminer.record import digest, sha256
from eksaminer.rule_check import check_of, checks_of_broken

GROUP = "eksaminer.check_packs"


class DuplicateCheckError(Exception):
    """Two checks claim the same id."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What all packs and folders hold."""

    checks: tuple[Check, ...]
    """In the order of their ids; the rules that make findings among them, and those that cannot be used."""
    rules: tuple[Rule, ...]
    packs: tuple[Pack, ...]
    errors: tuple[RuleError, ...]
    """Rules that cannot be used; the others work."""
    expected: Mapping[str, tuple[str, ...]]
    """The actors that rules expect, by the allow-lists that they name."""
    left_out: Mapping[str, int] = field(default_factory=dict[str, int])
    """How many rules there are for other logs than those that are read, by log source."""


def load_checks(folders: Sequence[Path] = ()) -> Loaded:
    """Load every installed pack and the rules in *folders*. Raises `DuplicateCheckError`.

    A rule that cannot be used is an error of its own, and does not stop the others.
    """
    gathered = _installed().copy()
    for folder in folders:
        gathered.take(folder, own_lists=True)
        gathered.packs.append(Pack(name=folder.name, version="", digest=_digest(_rules_in(folder))))
    return gathered.loaded()


@cache
def _installed() -> "_Gathered":
    """Return what the installed packs hold: it stays the same for as long as the program runs."""
    gathered = _Gathered()
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        module: ModuleType = entry.load()
        root = files(module)
        gathered.checks.extend(_python_checks(module))
        gathered.take(root, own_lists=False)
        gathered.packs.append(Pack(name=entry.name, version=_version(entry), digest=_digest(_sources(root, ""))))
    return gathered


class _Gathered:
    """What has been found so far."""

    def __init__(self) -> None:
        self.checks: list[Check] = []
        self.packs: list[Pack] = []
        self._rules: dict[str, Rule] = {}
        self._errors: list[RuleError] = []
        self._expected: dict[str, tuple[str, ...]] = {}
        self._lists: dict[str, tuple[str, ...]] = {}

    def copy(self) -> "_Gathered":
        """Return the same, to add to."""
        same = _Gathered()
        for name, found in vars(self).items():
            setattr(same, name, found.copy())
        return same

    def take(self, root: Path | Traversable, *, own_lists: bool) -> None:
        """Take the rules of *root*; with *own_lists* its allow-lists are for its own rules alone."""
        rules, broken = load_rules(root)
        self._errors += broken
        lists = dict(self._lists)
        try:
            lists.update(load_allow_lists(root))
        except RuleError as error:
            self._errors.append(error)
        expected, unknown = expected_of(rules, lists)
        self._errors += unknown
        unusable = {error.file for error in unknown}
        for rule in rules:
            if rule.file not in unusable:
                self._add(rule, expected.get(rule.id, ()))
        if not own_lists:
            self._lists = lists

    def _add(self, rule: Rule, expected: tuple[str, ...]) -> None:
        if rule.id in self._rules or any(check.id == rule.id for check in self.checks):
            self._errors.append(RuleError(f"the id {rule.id} is already that of another check", file=rule.file))
            return
        self._rules[rule.id] = rule
        if expected:
            self._expected[rule.id] = expected

    def loaded(self) -> Loaded:
        """Return everything, in order."""
        rules = tuple(rule for _, rule in sorted(self._rules.items()))
        _refuse_duplicates([check.id for check in self.checks])
        errors = tuple(error for error in self._errors if not isinstance(error, OtherLogError))
        checks = [*self.checks, *(check for check in map(check_of, rules) if check is not None)]
        checks += checks_of_broken(errors, {*(check.id for check in checks), *self._rules})
        sources = Counter(error.source for error in self._errors if isinstance(error, OtherLogError))
        return Loaded(
            tuple(sorted(checks, key=lambda check: check.id)),
            rules,
            tuple(self.packs),
            errors,
            MappingProxyType(self._expected),
            MappingProxyType(dict(sorted(sources.items(), key=lambda item: (-item[1], item[0])))),
        )


def load_lists() -> dict[str, tuple[str, ...]]:
    """Return the allow-lists of every installed pack, by name."""
    packs: list[ModuleType] = [entry.load() for entry in entry_points(group=GROUP)]
    return {name: actors for pack in packs for name, actors in load_allow_lists(files(pack)).items()}


def _refuse_duplicates(ids: list[str]) -> None:
    for name, count in Counter(ids).items():
        if count > 1:
            raise DuplicateCheckError(f"two checks claim the id {name}")


def _python_checks(pack: ModuleType) -> Iterator[Check]:
    """Give the checks of each module, in the module that declares them (imported names are not repeated)."""
    seen: set[int] = set()
    for info in pkgutil.walk_packages(pack.__path__, f"{pack.__name__}."):
        module = importlib.import_module(info.name)
        for value in vars(module).values():
            if isinstance(value, Check) and id(value) not in seen:
                seen.add(id(value))
                yield value


def _version(entry: EntryPoint) -> str:
    return entry.dist.version if entry.dist is not None else ""


def _digest(sources: Iterable[tuple[str, Traversable]]) -> str:
    """Return the digest of the files that decide: Python and rules."""
    return digest([[name, sha256(source.read_bytes())] for name, source in sorted(sources, key=lambda item: item[0])])


def _rules_in(folder: Path) -> Iterator[tuple[str, Traversable]]:
    """Give the files of a folder of the user that decide, and can be read."""
    lists = folder / ALLOW_LISTS
    for name, file in (*rule_files(folder, []), *([(ALLOW_LISTS, lists)] if lists.is_file() else [])):
        try:
            text_of(file, name)
        except RuleError:
            continue
        yield name, file


def _sources(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _sources(entry, f"{name}/")
        elif entry.name.endswith((".py", ".yml", ".yaml")):
            yield name, entry
