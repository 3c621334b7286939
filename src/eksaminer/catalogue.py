"""What is known of each check, rule and blind spot: for the terminal, for checks/README.md and as data."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from eksaminer.check import Check
from eksaminer.detection.allow_lists import load_allow_lists
from eksaminer.detection.blind import BlindSpot, load_blind_spots
from eksaminer.detection.examples import SUFFIX, Example, Examples, Fact, examples_of
from eksaminer.detection.explain import explain
from eksaminer.detection.rule import Rule, RuleClass
from eksaminer.registry import GROUP, Loaded
from eksaminer.rule_check import described

MOST_IDENTITIES = 6
"""Identities of an allow-list that are named."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A check, or a rule whether it makes findings or not."""

    check: Check
    rule: Rule | None = None
    examples: Examples | None = None
    allowed: Mapping[str, Sequence[str]] | None = None
    """The allow-lists that the rule names, with who is on them."""

    @property
    def result(self) -> str:
        """What a hit becomes, where that is no finding; else empty."""
        if self.rule is None:
            return ""
        if self.rule.rule_class is RuleClass.FEEDS:
            return f"evidence of {', '.join(self.rule.feeds)}" if self.rule.feeds else "evidence of other checks"
        return "counted" if self.rule.rule_class is RuleClass.ACTIVITY else ""

    @property
    def logic(self) -> str:
        """What a rule matches, in words; of a check nothing."""
        return "" if self.rule is None else explain(self.rule)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that there is to look up."""

    entries: tuple[Entry, ...]
    blind: tuple[BlindSpot, ...]


def catalogue(loaded: Loaded, folders: Sequence[Path] = ()) -> Catalogue:
    """Return everything in *loaded*, with what the packs and *folders* say besides their rules."""
    roots: list[Traversable] = [files(entry.load()) for entry in entry_points(group=GROUP)]
    roots.extend(folders)
    lists: dict[str, Sequence[str]] = {}
    for root in roots:
        lists.update(load_allow_lists(root))
    rules = {rule.id: rule for rule in loaded.rules}
    checks = {check.id: check for check in loaded.checks}
    others = {rule.id: described(rule) for rule in loaded.rules if rule.id not in checks}
    return Catalogue(
        tuple(_entry(check, rules.get(name), roots, lists) for name, check in sorted({**checks, **others}.items())),
        tuple(spot for root in roots for spot in load_blind_spots(root)),
    )


def _entry(check: Check, rule: Rule | None, roots: Sequence[Traversable], lists: Mapping[str, Sequence[str]]) -> Entry:
    if rule is None:
        return Entry(check)
    allowed = {name: lists.get(name, ()) for name in rule.allow}
    return Entry(check, rule, _examples(rule, roots), allowed)


def _examples(rule: Rule, roots: Sequence[Traversable]) -> Examples | None:
    name = rule.file.rpartition(".")[0] + SUFFIX
    for root in roots:
        file = root.joinpath(*name.split("/"))
        if file.is_file():
            try:
                return examples_of(rule, file.read_text(encoding="utf-8"))
            except (json.JSONDecodeError, KeyError, TypeError, AttributeError, UnicodeDecodeError):
                return None
    return None


def parts(entry: Entry) -> Iterator[tuple[str, str]]:
    """Give what a rule matches, shows and expects, or what a check can say: headings and text."""
    if entry.rule is None:
        yield "What it says", "\n".join(f"- {text}" for text in dict.fromkeys(entry.check.texts.values()))
        return
    yield "Logic", entry.logic
    if entry.examples is not None:
        yield from _shown(entry.examples)
    if entry.allowed:
        yield "Expected identities", "\n".join(f"- {name}: {_some(who)}" for name, who in entry.allowed.items())
    elif entry.rule.rule_class in {RuleClass.LEAD, RuleClass.VIOLATION}:
        yield "Expected identities", "Nobody."


def _shown(examples: Examples) -> Iterator[tuple[str, str]]:
    fires, near = examples.fires, examples.near_miss
    yield "Fires", _example(fires, "the first of which" if fires.events > 1 else "", fires.facts)
    yield (
        "Near miss",
        _example(near, "the first differs in" if near.events > 1 else "it differs in", _differing(examples)),
    )
    yield (
        "Tested",
        (
            f"Cases that fire: {examples.firing}; near misses: {examples.missing}. The tests try all of them, "
            "event by event and in the log engine."
        ),
    )


def _differing(examples: Examples) -> tuple[Fact, ...]:
    """Return the fields of the near miss that are not as in the event that fires."""
    near = {fact.field for fact in examples.near_miss.facts}
    other = [fact for fact in examples.near_miss.facts if fact not in examples.fires.facts]
    gone = [Fact(field=fact.field, value="(absent)") for fact in examples.fires.facts if fact.field not in near]
    return (*other, *gone)


def _example(example: Example, lead: str, facts: Sequence[Fact]) -> str:
    said = [f"{example.events} events"] if example.events > 1 else []
    said += [lead] if lead and facts else []
    head = f"{example.name[:1].upper()}{example.name[1:]}" + (f" ({', '.join(said)})" if said else "")
    if not facts:
        return f"{head}."
    return f"{head}:\n\n" + "\n".join(f"- {fact.field}: {fact.value}" for fact in facts)


def _some(identities: Sequence[str]) -> str:
    named = ", ".join(identities[:MOST_IDENTITIES])
    more = len(identities) - MOST_IDENTITIES
    return f"{named} and {more} more" if more > 0 else named
