"""Find the checks: every Python and Sigma file in every installed check pack, and in folders of the user."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType, ModuleType

from eksaminer.check import Check
from eksaminer.detection import OtherLogError, Rule, RuleError, expected_of, load_allow_lists, load_rules
from eksaminer.findings import Pack
from eksaminer.record import digest, sha256
from eksaminer.rule_check import check_of

GROUP = "eksaminer.check_packs"


class DuplicateCheckError(Exception):
    """Two checks claim the same id."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What all packs and folders hold."""

    checks: tuple[Check, ...]
    """In the order of their ids; the rules that make findings among them."""
    rules: tuple[Rule, ...]
    packs: tuple[Pack, ...]
    errors: tuple[RuleError, ...]
    """Rules that could not be loaded; the others work."""
    expected: Mapping[str, tuple[str, ...]]
    """The actors that rules expect, by the allow-lists that they name."""
    skipped: int = 0
    """Rules for other logs than those that are read."""


def load_checks(folders: Sequence[Path] = ()) -> Loaded:
    """Load every installed pack and the rules in *folders*. Raises `DuplicateCheckError`."""
    checks: list[Check] = []
    rules: list[Rule] = []
    packs: list[Pack] = []
    errors: list[RuleError] = []
    lists: dict[str, tuple[str, ...]] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        module: ModuleType = entry.load()
        root = files(module)
        checks.extend(_python_checks(module))
        found, broken = load_rules(root)
        rules.extend(found)
        errors.extend(broken)
        lists.update(load_allow_lists(root))
        packs.append(Pack(name=entry.name, version=_version(entry), digest=_digest(root)))
    for folder in folders:
        found, broken = load_rules(folder)
        rules.extend(found)
        errors.extend(broken)
        lists.update(load_allow_lists(folder))
        packs.append(Pack(name=str(folder.name), version="", digest=_digest(folder)))
    checks.extend(check for check in map(check_of, rules) if check is not None)
    _refuse_duplicates([*(check.id for check in checks), *(rule.id for rule in rules if check_of(rule) is None)])
    expected, unknown = expected_of(rules, lists)
    return Loaded(
        tuple(sorted(checks, key=lambda check: check.id)),
        tuple(sorted(rules, key=lambda rule: rule.id)),
        tuple(packs),
        tuple(error for error in (*errors, *unknown) if not isinstance(error, OtherLogError)),
        MappingProxyType(expected),
        sum(isinstance(error, OtherLogError) for error in errors),
    )


def load_lists() -> dict[str, tuple[str, ...]]:
    """Return the allow-lists of every installed pack, by name."""
    packs: list[ModuleType] = [entry.load() for entry in entry_points(group=GROUP)]
    return {name: actors for pack in packs for name, actors in load_allow_lists(files(pack)).items()}


def _refuse_duplicates(ids: list[str]) -> None:
    for name in ids:
        if ids.count(name) > 1:
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


def _digest(root: Traversable) -> str:
    """Return the digest of the files that decide: Python and rules."""
    return digest([[name, sha256(source.read_bytes())] for name, source in sorted(_sources(root, ""))])


def _sources(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _sources(entry, f"{name}/")
        elif entry.name.endswith((".py", ".yml", ".yaml")):
            yield name, entry
