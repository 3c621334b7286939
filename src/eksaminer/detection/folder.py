"""Find the files of a folder of rules, which may be a whole checkout, or hostile: bounded, and never in a circle."""

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from eksaminer.detection.allow_lists import FILE as ALLOW_LISTS
from eksaminer.detection.blind import FILE as BLIND_SPOTS
from eksaminer.detection.fields import Log
from eksaminer.detection.rule import OtherLogError, RuleError

MAX_FILES = 20_000
"""Of one folder with all below it; SigmaHQ has about 4,000."""
MAX_DEPTH = 40
SUFFIXES = (".yml", ".yaml")
NO_RULES = frozenset({ALLOW_LISTS, BLIND_SPOTS})
"""Files of a pack that hold something else."""
LOGSOURCES = {("kubernetes", "audit"): Log.AUDIT, ("aws", "cloudtrail"): Log.TRAIL}
NO_RULE = "no Sigma rule"

OF_A_RULE = re.compile(r"^(?:detection|correlation|logsource|eksaminer)[ \t]*:", re.MULTILINE)
LOGSOURCE = re.compile(
    r"^logsource[ \t]*:[ \t]*(\{[^{}\n]*\}[ \t]*(?:#.*)?$|(?:#.*)?\r?\n(?:[ \t]+[^\n]*\n|[ \t]*\r?\n)+)", re.MULTILINE
)
"""The log source of a rule: on one line, or in the indented lines below."""
KEYS = ("product", "category", "service")


def rule_files(folder: Path | Traversable, errors: list[RuleError]) -> Iterator[tuple[str, Traversable]]:
    """Give every file below *folder* that may hold a rule, by name; what cannot be read is added to *errors*.

    Hidden folders, and links to folders, are left out: a checkout has its history there, and a link may lead back.
    """
    found: list[tuple[str, Traversable]] = []
    pending: list[tuple[str, Path | Traversable]] = [("", folder)]
    while pending and len(found) <= MAX_FILES:
        prefix, parent = pending.pop()
        try:
            entries = sorted(parent.iterdir(), key=lambda entry: entry.name)
        except OSError as error:
            errors.append(RuleError(f"the folder cannot be read: {error.strerror}", file=prefix))
            continue
        found += [(f"{prefix}{entry.name}", entry) for entry in entries if _may_be_rule(entry)]
        below = [entry for entry in entries if _is_folder(entry)]
        if prefix.count("/") < MAX_DEPTH:
            pending += [(f"{prefix}{entry.name}/", entry) for entry in reversed(below)]
        elif below:
            errors.append(RuleError(f"folders are nested deeper than {MAX_DEPTH}: not read further", file=prefix))
    if len(found) > MAX_FILES:
        errors.append(RuleError(f"there are more than {MAX_FILES:,} files: the further ones are not read"))
    yield from sorted(found[:MAX_FILES], key=lambda item: item[0])


def refuse_others(text: str, name: str) -> None:
    """Raise `OtherLogError` where *text* is plainly for another log, or no rule: reading all of it would take long."""
    if not OF_A_RULE.search(text):
        raise OtherLogError(name, NO_RULE)
    sources = LOGSOURCE.findall(text)
    if len(sources) != 1:
        return
    source = _source(sources[0])
    if isinstance(source, dict) and log_of(source) is None:
        raise OtherLogError(name, shown_source(source))


@lru_cache(maxsize=256)
def _source(text: str) -> Any:
    """Return the log source that stands in *text*; None where that cannot be told. Most rules have the same."""
    try:
        given: Any = yaml.safe_load(f"logsource: {text}" if "{" in text else f"logsource:\n{text}")
    except (yaml.YAMLError, ValueError):
        return None
    return given["logsource"]


def log_of(source: Any) -> Log | None:
    """Return the log that a rule with this *source* looks at; None: one that is not read here."""
    return LOGSOURCES.get((str(source.get("product")), str(source.get("service"))))


def shown_source(source: Any) -> str:
    """Return a log source as it is counted: `windows/process_creation`."""
    parts = [str(source[key])[:50] for key in KEYS if source.get(key)]
    return "/".join(parts) or "no product"


def _may_be_rule(entry: Traversable) -> bool:
    name = entry.name
    return name.endswith(SUFFIXES) and name not in NO_RULES and not name.startswith(".") and not entry.is_dir()


def _is_folder(entry: Traversable) -> bool:
    hidden = entry.name.startswith((".", "__pycache__"))
    linked = isinstance(entry, Path) and entry.is_symlink()
    return entry.is_dir() and not hidden and not linked
