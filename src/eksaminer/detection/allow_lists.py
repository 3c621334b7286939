"""Read the named allow-lists of a pack: identities that are expected to do what a rule looks for."""

from collections.abc import Iterable, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path

from eksaminer.detection.document import read_documents, text_of
from eksaminer.detection.rule import Rule, RuleError

FILE = "allow_lists.yml"


def load_allow_lists(folder: Path | Traversable) -> Mapping[str, tuple[str, ...]]:
    """Return the lists of *folder*, by name; none where it has no such file. Raises `RuleError`."""
    file = folder / FILE
    if not file.is_file():
        return {}
    document, *others = read_documents(text_of(file, FILE), FILE)
    if others:
        raise RuleError("the allow-lists are one document", file=FILE)
    lists: dict[str, tuple[str, ...]] = {}
    for name, patterns in document.values.items():
        if not isinstance(patterns, list) or not all(isinstance(item, str) and item for item in patterns):
            raise document.error(f"the allow-list {name} has to be a list of texts", str(name))
        lists[str(name)] = tuple(patterns)
    return lists


def expected_of(
    rules: Iterable[Rule], lists: Mapping[str, tuple[str, ...]]
) -> tuple[dict[str, tuple[str, ...]], list[RuleError]]:
    """Return the patterns of the identities that each rule expects, and the names of lists that nobody made."""
    expected: dict[str, tuple[str, ...]] = {}
    errors: list[RuleError] = []
    for rule in rules:
        errors += [
            RuleError(f"there is no allow-list {name}", file=rule.file) for name in rule.allow if name not in lists
        ]
        patterns = tuple(sorted({item for name in rule.allow for item in lists.get(name, ())}))
        if patterns:
            expected[rule.id] = patterns
    return expected, errors
