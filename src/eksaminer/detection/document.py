"""Read one YAML document from outside as plain values, with the line of each key."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from eksaminer.detection.rule import RuleError

MAX_BYTES = 65_536
MAX_DEPTH = 24
MAX_DOCUMENTS = 10

FAST: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Twenty times as fast, where PyYAML has libyaml."""
LONE = re.compile("[\ud800-\udfff]")

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A mapping that was read, and where its keys stand."""

    values: Mapping[str, Any]
    lines: Mapping[Path, int]
    file: str

    def error(self, problem: str, *path: str) -> RuleError:
        """Return an error about what stands at *path*."""
        while path and path not in self.lines:
            path = path[:-1]
        return RuleError(problem, file=self.file, line=self.lines.get(path, 0))


def text_of(file: Traversable, name: str) -> str:
    """Return what stands in *file*. Raises `RuleError`, also where it is no ordinary file, or a large one."""
    try:
        if not file.is_file():
            raise RuleError("it is no ordinary file", file=name)
        with file.open("rb") as content:
            data = content.read(MAX_BYTES + 1)
    except OSError as error:
        raise RuleError(f"the file cannot be read: {error.strerror}", file=name) from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        if len(data) > MAX_BYTES:
            raise RuleError(f"the rule is larger than {MAX_BYTES // 1024} KB", file=name) from None
        raise RuleError("the file is not UTF-8 text", file=name) from None


def read_documents(text: str, file: str) -> tuple[Document, ...]:
    """Parse *text*, which may be hostile: no anchors, no tags of other types, bounded size and depth."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise RuleError(f"the rule is larger than {MAX_BYTES // 1024} KB", file=file)
    try:
        replay = _Replay(_events(text, file))
        nodes = list(replay.nodes())
        values = [replay.construct_document(node) for node in nodes]
    except yaml.YAMLError as error:
        raise _syntax(error, file) from None
    except ValueError as error:
        raise RuleError(f"a value cannot be read: {error}", file=file) from None
    return tuple(_document(value, node, file) for value, node in zip(values, nodes, strict=True)) or (
        _document(None, None, file),
    )


def _document(values: Any, node: yaml.Node | None, file: str) -> Document:
    if not isinstance(values, dict) or not isinstance(node, yaml.MappingNode):
        raise RuleError("a rule is a mapping of keys and values", file=file)
    lines: dict[Path, int] = {}
    _walk(node, (), lines, file)
    return Document(values=values, lines=lines, file=file)


class _Replay(Composer, SafeConstructor, Resolver):
    """Makes documents of events that were looked over: a text is parsed once."""

    def __init__(self, events: Iterable[yaml.Event]) -> None:
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)
        self._events = deque(events)

    def check_event(self, *kinds: type[yaml.Event]) -> bool:
        """Tell whether an event is left, of one of *kinds* where they are given."""
        return bool(self._events) and (not kinds or isinstance(self._events[0], kinds))

    def peek_event(self) -> yaml.Event:
        """Return the next event."""
        return self._events[0]

    def get_event(self) -> yaml.Event:
        """Take the next event."""
        return self._events.popleft()

    def nodes(self) -> Iterator[yaml.Node]:
        """Yield the documents as they stand in the text."""
        while self.check_node():
            node = self.get_node()
            if node is not None:
                yield node


def _events(text: str, file: str) -> list[yaml.Event]:
    """Return the events of *text*. What libyaml refuses is read as everywhere where PyYAML is installed without it."""
    try:
        return list(_guarded(text, file, FAST))
    except (yaml.YAMLError, ValueError):
        return list(_guarded(text, file, yaml.SafeLoader))


def _guarded(text: str, file: str, loader: type[yaml.SafeLoader]) -> Iterator[yaml.Event]:
    """Yield the events of *text*, as long as they are those of a rule. Raises `RuleError`."""
    depth = documents = 0
    for event in yaml.parse(text, loader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise RuleError("anchors and aliases are not allowed in a rule", file=file, line=line)
        if isinstance(event, yaml.ScalarEvent) and LONE.search(event.value):
            raise RuleError("a text holds half of a character (a lone surrogate)", file=file, line=line)
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise RuleError(f"the rule is nested deeper than {MAX_DEPTH}", file=file, line=line)
        if documents > MAX_DOCUMENTS:
            raise RuleError(f"a file holds at most {MAX_DOCUMENTS} documents", file=file, line=line)
        yield event


def _syntax(error: yaml.YAMLError, file: str) -> RuleError:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    problem = error.problem if isinstance(error, yaml.MarkedYAMLError) else "it holds a character YAML refuses"
    return RuleError(f"not YAML: {problem}", file=file, line=mark.line + 1 if mark else 0)


def _walk(node: yaml.Node, path: Path, lines: dict[Path, int], file: str) -> None:
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            _walk(child, path, lines, file)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key, child in node.value:
        line = key.start_mark.line + 1
        if key.value in seen:
            raise RuleError(f"the key {key.value!r} stands twice", file=file, line=line)
        seen.add(key.value)
        lines.setdefault((*path, key.value), line)
        _walk(child, (*path, key.value), lines, file)


def value_at(document: Document, path: tuple[str, ...]) -> Any:
    """Return what stands at *path*; None where there is nothing."""
    found: Any = document.values
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def mapping_at(document: Document, *path: str) -> Mapping[str, Any]:
    """Return the mapping at *path*. Raises `RuleError`."""
    found = value_at(document, path)
    if not isinstance(found, Mapping):
        raise document.error(f"{'.'.join(path)} has to be there, as a mapping", *path)
    return found


def text_at(document: Document, *path: str, default: str | None = None) -> str:
    """Return the text at *path*. Raises `RuleError` where there is none, and no *default*."""
    found = value_at(document, path)
    if found is None and default is not None:
        return default
    if not isinstance(found, str) or not found.strip():
        raise document.error(f"{'.'.join(path)} has to be there, as a text", *path)
    return found.strip()


def texts_at(document: Document, *path: str) -> tuple[str, ...]:
    """Return the list of texts at *path*, which may be absent. Raises `RuleError`."""
    found = value_at(document, path)
    if found is None:
        return ()
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise document.error(f"{'.'.join(path)} has to be a list of texts", *path)
    return tuple(found)
