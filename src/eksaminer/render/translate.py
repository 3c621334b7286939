"""An assessment in another language: each English sentence of it in the words of the catalogue, or marked as English.

Findings carry the id and the parameters of their sentence. Everything else that is said (why something was not seen,
reasons of a conclusion) is stored as an English sentence: it is held against the English sentences of the catalogue,
whose places in braces stand for what varies. So evidence of earlier versions is translated as well.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Formatter
from typing import Any, cast

import msgspec

from eksaminer.access import Access
from eksaminer.assess import OTHER_GAP
from eksaminer.criteria import Criteria
from eksaminer.findings import (
    Assessment,
    CheckInfo,
    Conclusion,
    Finding,
    GapRow,
    Message,
    MessageParameter,
    NotAssessed,
    TargetInfo,
)
from eksaminer.gap import Gap
from eksaminer.guide import BY_SLUG
from eksaminer.history import Trend
from eksaminer.render import show
from eksaminer.render.texts import ENGLISH, Texts, table, texts

GROUP = "eksaminer.check_packs"
DEMO = "demo"
"""The option of a run that names what a demonstration shows."""
LONGEST = 4_000
"""Characters of a sentence that is held against the catalogue; a longer one stays English."""
START = 8
"""Characters at the begin of a sentence by which it is looked up."""
DEEPEST = 6
"""Sentences within each other; what stands deeper stays English."""
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")
_COMMENT = re.compile(r"((?:^|(?<=\s))# )(\S.*)$", re.MULTILINE)
"""A comment of Terraform, YAML or a shell; what stands further to the right is code that is commented out."""
_LETTERS = re.compile(r"[A-Za-z]{2}")
_ITEM_ENDS = re.compile(r"(?:, | and )(?![^()]*\))")
"""Between the items of `a, b (c, d) and e`."""


@dataclass(frozen=True, slots=True)
class CheckWords:
    """What a pack says of a check in another language; a part that is empty is not translated."""

    title: str = ""
    criterion: str = ""
    rationale: str = ""
    remediation: str = ""
    texts: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Template:
    """An English sentence with places in braces."""

    english: str
    fixed: tuple[str, ...]
    """What stands before, between and after its places."""
    names: tuple[str, ...]

    @classmethod
    def of(cls, english: str) -> "Template":
        """Read *english*."""
        parts = [(literal, name) for literal, name, _, _ in Formatter().parse(english)]
        fixed = [literal for literal, _ in parts] + ([""] if parts[-1][1] is not None else [])
        return cls(english, tuple(fixed), tuple(name for _, name in parts if name is not None))

    @property
    def start(self) -> str:
        """What a sentence of this shape surely begins with, for looking it up; empty: that is too short to tell."""
        return self.fixed[0][:START] if len(self.fixed[0]) >= START else ""

    def places(self, sentence: str) -> dict[str, str] | None:
        """Return what stands in the places of *sentence*; None: it is another sentence.

        Each place ends where the words after it come first, which takes one walk over *sentence* whatever it holds; so
        a place never holds the words that follow it.
        """
        begin, *between, end = self.fixed
        if not sentence.startswith(begin) or not sentence.endswith(end):
            return None
        found: list[str] = []
        here, last = len(begin), len(sentence) - len(end)
        for words in between:
            there = sentence.find(words, here + 1, last)
            if there < 0:
                return None
            found.append(sentence[here:there])
            here = there + len(words)
        found.append(sentence[here:last])
        pairs = dict(zip(self.names, found, strict=True))
        same = all(pairs[name] == value for name, value in zip(self.names, found, strict=True))
        return pairs if same and all(found) and here < last else None


LIMITATION = Template.of(OTHER_GAP)
"""What a finding says of a part of the evidence that its check did without."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A sentence of the catalogue that fits."""

    template: str
    other: str
    places: Mapping[str, str]
    left: int
    """Characters that stay as they are."""


class Catalogue:
    """The sentences and the words about checks of one language."""

    def __init__(self, sentences: Mapping[str, str], checks: Mapping[str, CheckWords]) -> None:
        self.checks = checks
        self.sentences = sentences
        self._whole = {english.format(): other for english, other in sentences.items() if not _names(english)}
        self._templates: dict[str, list[Template]] = {}
        for template in (Template.of(english) for english in sorted(sentences) if _names(english)):
            self._templates.setdefault(template.start, []).append(template)
        self._phrases = {english: _phrases(other) for english, other in sentences.items()}

    def find(self, sentence: str) -> tuple[str, Mapping[str, str]] | None:
        """Return the sentence of the catalogue that *sentence* is, and what stands in its places."""
        found = self._meant(sentence, DEEPEST)
        return None if found is None else (found.other, found.places)

    def _meant(self, sentence: str, deep: int) -> _Found | None:
        """Of those that fit, the one is meant that leaves the fewest characters as they are."""
        if sentence in self._whole:
            return _Found(sentence, self._whole[sentence], {}, 0)
        if not deep or len(sentence) > LONGEST:
            return None
        alike = (*self._templates.get(sentence[:START], ()), *self._templates.get("", ()))
        fitting = (self._fitted(item, sentence, deep - 1) for item in alike)
        return min(filter(None, fitting), key=lambda found: (found.left, found.template), default=None)

    def _fitted(self, template: Template, sentence: str, deep: int) -> _Found | None:
        places = template.places(sentence)
        if places is None:
            return None
        words = self._phrases[template.english]
        left = sum(self._left(text, deep if name in words else 0) for name, text in places.items())
        return _Found(template.english, self.sentences[template.english], places, left)

    def _left(self, text: str, deep: int) -> int:
        found = self._meant(text, deep) if deep else None
        return len(text) if found is None else found.left


def translated(assessment: Assessment, language: str) -> Assessment:
    """Return *assessment* with its sentences in *language*; in English, as it is."""
    if language == ENGLISH:
        return assessment
    return Translator(catalogue(language), texts(language), assessment).whole()


@cache
def catalogue(language: str) -> Catalogue:
    """Load the catalogue of *language*: the program's own, and that of every installed pack."""
    own = table(f"{language}.sentences.toml")
    sentences = dict(cast("Mapping[str, str]", own["sentences"]))
    checks: dict[str, CheckWords] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        for content in _tables(files(entry.load()), f".{language}.toml"):
            sentences.update(cast("Mapping[str, str]", content.pop("sentences", {})))
            checks.update({name: msgspec.convert(words, CheckWords) for name, words in content.items()})
    return Catalogue(sentences, {**checks, "": CheckWords(texts=cast("Mapping[str, str]", own["texts"]))})


def _tables(folder: Traversable, ending: str) -> Iterable[dict[str, Any]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _tables(entry, ending)
        elif entry.name.endswith(ending):
            yield tomllib.loads(entry.read_text("utf-8"))


def _phrases(template: str) -> frozenset[str]:
    """Return the places of *template* that hold words of ours."""
    return frozenset(name for _, name, spec, _ in Formatter().parse(template) if name is not None and spec)


def _names(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


@dataclass(frozen=True, slots=True)
class _Value:
    """What stands in a place of a sentence; `{name:phrase}` says that it is words of ours, too.

    `{name:list}`: it is `a, b and c` in one string, each of them a phrase; `{name:sentences}`: it is sentences in a
    row, of which the last has lost its full stop.
    """

    value: object
    translator: "Translator"

    def __format__(self, spec: str) -> str:
        match spec, self.value:
            case "list", str(text):
                return self.translator.items(text)
            case "sentences", str(text):
                return self.translator.in_a_row(text)
            case _:
                return self.translator.value(self.value, phrase=spec in ("phrase", "list"))


class Translator:
    """Translates one assessment; what its findings and checks say is known wherever another sentence quotes it."""

    def __init__(self, words: Catalogue, t: Texts, assessment: Assessment) -> None:
        self._words = words
        self._t = t
        self._assessment = assessment
        self._done: dict[str, str] = {}
        self._deep = 0
        for check in assessment.checks:
            self._own(check.title, words.checks.get(check.id, CheckWords()).title)
        for finding in sorted(assessment.findings, key=lambda finding: finding.message.id == "gap"):
            self._own(finding.text, self._of(finding.check, finding.message, finding.text))

    def _own(self, english: str, other: str) -> None:
        """Remember what a check says: other sentences (a criterion, a gap that names another finding) quote it."""
        if other:
            self._done.setdefault(english, other)

    def whole(self) -> Assessment:
        """Return the assessment with all its sentences in the other language."""
        given, replace = self._assessment, msgspec.structs.replace
        return replace(
            given,
            run=replace(given.run, options=self._options(given.run.options)),
            criteria=self._criteria(given.criteria),
            population=self._details(given.population),
            targets=tuple(self._target(item) for item in given.targets),
            checks=tuple(self._check(item) for item in given.checks),
            findings=tuple(self._finding(item) for item in given.findings),
            conclusions=tuple(self._conclusion(item) for item in given.conclusions),
            coverage=self._details(given.coverage),
            trend=self._trend(given.trend),
            cost=self._details(given.cost),
            trust=tuple(replace(item, access=self._access(item.access)) for item in given.trust),
            activity=replace(
                given.activity,
                clusters=tuple(
                    replace(
                        item,
                        unread=self._details(item.unread),
                        time_coverage=self._details(item.time_coverage),
                        refusals=self._details(item.refusals),
                    )
                    for item in given.activity.clusters
                ),
            ),
        )

    def sentence(self, english: str) -> str:
        """Return *english* in the other language, or marked as what it is."""
        if english not in self._done:
            found = self._phrase(english)
            self._done[english] = self._marked(english) if found is None else found
        return self._done[english]

    def items(self, english: str) -> str:
        """Return `a, b and c`; what the catalogue has as a whole is one thing."""
        whole = english in self._words.sentences
        return self.value(english if whole else _ITEM_ENDS.split(english), phrase=True)

    def in_a_row(self, english: str) -> str:
        """Return sentences that end another one: without the last full stop."""
        parts = [f"{part.removesuffix('.')}." for part in english.split(". ")]
        whole = " ".join(parts)
        if None in map(self._phrase, parts) and self._phrase(whole) is not None:
            parts = [whole]  # one sentence of the catalogue may be two
        each = map(self.sentence, parts)
        return "".join(f"{part} " if part.endswith(".") else part for part in each).rstrip(" .。")

    def value(self, value: object, *, phrase: bool) -> str:
        """Return what stands in a place of a sentence."""
        match value:
            case int():
                return f"{value:,}"
            case list():
                return self._t.listed(tuple(self.value(item, phrase=phrase) for item in cast("list[object]", value)))
            case dict():
                return show.observed(cast("MessageParameter", value), self._t)
            case str() if phrase and self._deep <= DEEPEST:
                return self._done.get(value) or self._phrase(value) or _times(value, self._t)
            case _:
                return _times(str(value), self._t)

    def _of(self, check: str, message: Message, english: str) -> str:
        """Return the sentence of a finding."""
        own = self._words.checks.get(check, CheckWords()).texts.get(message.id)
        template = own or self._words.checks[""].texts.get(message.id)
        if template is None:
            return self.sentence(english)
        try:
            return self._filled(template, message.params)
        except (KeyError, IndexError, ValueError):  # the file was written by a version with other parameters
            return self._marked(english)

    def _filled(self, template: str, params: Mapping[str, Any]) -> str:
        self._deep += 1
        try:
            return template.format_map({name: _Value(value, self) for name, value in params.items()})
        finally:
            self._deep -= 1

    def _phrase(self, english: str) -> str | None:
        found = self._words.find(english)
        return None if found is None else self._filled(*found)

    def _marked(self, english: str) -> str:
        return self._t("word.english", text=english) if _LETTERS.search(english) else english

    def _check(self, item: CheckInfo) -> CheckInfo:
        own = self._words.checks.get(item.id, CheckWords())
        return msgspec.structs.replace(
            item,
            title=own.title or self.sentence(item.title),
            criterion=own.criterion or self.sentence(item.criterion),
            rationale=own.rationale or self.sentence(item.rationale),
            remediation=own.remediation or self.sentence(item.remediation),
            remedies={form: self._remedy(form, text) for form, text in item.remedies.items()},
        )

    def _remedy(self, form: str, template: str) -> str:
        """Return a form of a remedy with what is said in it in the other language; names and code stay as they are."""
        if form == "console":
            return self._phrase(template) or template
        return _COMMENT.sub(lambda found: found[1] + (self._phrase(found[2]) or found[2]), template)

    def _finding(self, item: Finding) -> Finding:
        own = self._words.checks.get(item.check, CheckWords())
        return msgspec.structs.replace(
            item,
            title=own.title or self.sentence(item.title),
            text=self._of(item.check, item.message, item.text),
            cause=self._details(item.cause),
            limitations=tuple(map(self._limitation, item.limitations)),
            evidence=tuple(
                msgspec.structs.replace(
                    one, seen={self._words_of(name): self._seen(it) for name, it in one.seen.items()}
                )
                for one in item.evidence
            ),
            remediation=own.remediation or self.sentence(item.remediation),
        )

    def _limitation(self, english: str) -> str:
        """Return a limitation; the words for the section and the cause in it are the report's."""
        places = LIMITATION.places(english)
        if places is None:
            return self.sentence(english)
        return OTHER_GAP.format(**{**places, "detail": self.sentence(places["detail"])})

    def _seen(self, value: MessageParameter) -> MessageParameter:
        """Return an observed value: what it says in words of ours in the other language, all else as it is."""
        if isinstance(value, list):
            return [self._words_of(item) for item in value]
        return self._words_of(value) if isinstance(value, str) else value

    def _words_of(self, text: str) -> str:
        """Return *text* in the other language if it is a phrase of ours; one word may as well be a name."""
        return (self._phrase(text) or text) if " " in text else text

    def _conclusion(self, item: Conclusion) -> Conclusion:
        guide = BY_SLUG.get(item.recommendation)
        title = guide.title_zh if guide else self._marked(item.title)
        return msgspec.structs.replace(item, title=title, reasons=tuple(map(self.sentence, item.reasons)))

    def _trend(self, item: Trend | None) -> Trend | None:
        if item is None:
            return None
        changes = (msgspec.structs.replace(change, text=self.sentence(change.text)) for change in item.changes)
        return msgspec.structs.replace(item, changes=tuple(changes))

    def _criteria(self, item: Criteria) -> Criteria:
        origins = {name: item.origin(name) for name in (*item.__struct_fields__, *item.origins)}
        return msgspec.structs.replace(
            item, origins={name: self.value(origin, phrase=True) for name, origin in origins.items()}
        )

    def _options(self, options: Mapping[str, str]) -> dict[str, str]:
        """Return *options*: what a demonstration shows is told by us, all others by the user."""
        return {name: self.value(value, phrase=name == DEMO) for name, value in options.items()}

    def _target(self, item: TargetInfo) -> TargetInfo:
        facts = {self.value(name, phrase=True): self.value(value, phrase=True) for name, value in item.facts.items()}
        return msgspec.structs.replace(item, facts=facts)

    def _access(self, item: Access | None) -> Access | None:
        if item is None:
            return None
        why, limits = (tuple(map(self.sentence, part)) for part in (item.why, item.limits))
        return msgspec.structs.replace(item, why=why, limits=limits)

    def _details(self, value: Any) -> Any:
        """Return *value* with every reason in it translated, however deep it lies."""
        match value:
            case Gap() | GapRow() | NotAssessed():
                return msgspec.structs.replace(value, detail=self.sentence(value.detail))
            case msgspec.Struct():
                old = {name: getattr(value, name) for name in value.__struct_fields__}
                new = {name: self._details(part) for name, part in old.items()}
                changed = {name: part for name, part in new.items() if part is not old[name]}
                return msgspec.structs.replace(value, **changed) if changed else value
            case tuple():
                items = cast("tuple[object, ...]", value)
                parts = tuple(map(self._details, items))
                return parts if any(new is not old for new, old in zip(parts, items, strict=True)) else value
            case _:
                return value


def _times(text: str, t: Texts) -> str:
    """Return *text* with the times in it as the language writes them."""
    return _TIME.sub(lambda found: _time(found, t), text)


def _time(found: re.Match[str], t: Texts) -> str:
    try:
        return t.when(datetime.strptime(found[0], "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC))
    except ValueError:
        return found[0]
