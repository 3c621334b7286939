"""A filter pattern of CloudWatch Logs, of any of its kinds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from eksaminer.filter_pattern.fields_pattern import FieldsPattern, read_fields
from eksaminer.filter_pattern.json_pattern import JsonPattern, read_json_pattern
from eksaminer.filter_pattern.limits import MOST_CHARACTERS
from eksaminer.filter_pattern.policy import DEFAULT, Ask, Policy, Question
from eksaminer.filter_pattern.reader import Reader
from eksaminer.filter_pattern.terms import RegexPattern, TermsPattern, read_terms

Kind = Literal["json", "fields", "terms", "regex"]


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a message matches, and what that rests on."""

    matches: bool
    policy: Policy
    """What was taken for what the documentation leaves open."""
    depends_on: tuple[Question, ...] = ()
    """The open questions, sorted by name, whose other answers could turn the result round."""


@dataclass(frozen=True, slots=True)
class FilterPattern:
    """A filter pattern. Two are equal if they mean the same conditions in the same order."""

    root: JsonPattern | FieldsPattern | TermsPattern | RegexPattern

    @classmethod
    def parse(cls, text: str) -> "FilterPattern":
        """Read a filter pattern.

        Raises:
            FilterPatternError: It is none, by the documentation (`eksaminer.filter_pattern.limits.SYNTAX`).
        """
        reader = Reader(text)
        if len(text) > MOST_CHARACTERS:
            reader.fail(f"a pattern has {MOST_CHARACTERS} characters at most", MOST_CHARACTERS)
        read = read_json_pattern if reader.sees("{") else read_fields if reader.sees("[") else read_terms
        root = read(reader)
        if not reader.done:
            reader.fail(f"the pattern has ended, but {reader.text[reader.at]} follows")
        return cls(root)

    @property
    def kind(self) -> Kind:
        """What sort of messages it is written for."""
        kinds: dict[type, Kind] = {JsonPattern: "json", FieldsPattern: "fields", TermsPattern: "terms"}
        return kinds.get(type(self.root), "regex")

    @property
    def regexes(self) -> int:
        """How many regular expressions it holds."""
        return self.root.regexes

    def matches(self, message: str, policy: Policy = DEFAULT) -> bool:
        """Tell whether *message* matches; what the documentation leaves open is as *policy* says."""
        return self.root.reading(message)(policy.answers)

    def answer(self, message: str, policy: Policy = DEFAULT) -> Answer:
        """Tell whether *message* matches, and on which open questions that depends."""
        reading = self.root.reading(message)
        asked: set[Question] = set()
        matched = reading(_noting(policy, asked))
        return Answer(matched, policy, _open(reading, policy, asked))

    def text(self) -> str:
        """Return the pattern in one canonical spelling: reading it again gives an equal one."""
        return self.root.text()

    def __str__(self) -> str:
        return self.text()


def _noting(policy: Policy, asked: set[Question]) -> Ask:
    def ask(question: Question) -> bool:
        asked.add(question)
        return policy.answers(question)

    return ask


def _open(reading: Callable[[Ask], bool], policy: Policy, asked: set[Question]) -> tuple[Question, ...]:
    """Return the questions of which another answer turns the result round, whatever the answers to the others are.

    All combinations are tried, of the questions that were asked and of those that only other answers lead to.
    """
    known: set[Question] = set()
    results: dict[frozenset[Question], bool] = {}
    while known != asked:
        known = set(asked)
        results = {yes: reading(_choosing(policy, known, yes, asked)) for yes in _subsets(sorted(known))}
    return tuple(sorted(one for one in known if any(results[yes] != results[yes ^ {one}] for yes in results)))


def _subsets(questions: list[Question]) -> Iterator[frozenset[Question]]:
    for size in range(len(questions) + 1):
        yield from map(frozenset, combinations(questions, size))


def _choosing(policy: Policy, known: set[Question], yes: frozenset[Question], asked: set[Question]) -> Ask:
    def ask(question: Question) -> bool:
        asked.add(question)
        return question in yes if question in known else policy.answers(question)

    return ask
