r"""Compile rules to one CloudWatch Logs Insights filter that never loses a hit.

The filter decides only which lines are fetched; the local engine then judges them exactly, so it
has to return a superset of the hits. What it assumes:

- the tests look at the text of `@message` and not at fields that AWS extracted: of an event with
  more than 200 fields some are missing, and of a line that CloudWatch cut (no valid JSON) all are;
- the API server writes a text field as `"key":"value"` and a code as `"code":403`, escapes `<`, `>`,
  `&` and what is not ASCII in more than one way, and other characters in no way: only values of
  plain characters are tested;
- keys are tested by their last part, at any depth: an event that has the pair elsewhere is fetched too;
- the bodies come last in an event, and every line that was cut is fetched in any case.

A filter that lets nearly every line through (all that were allowed, all of the system's own identities) would fetch
the whole log: a rule that has no other one is not asked for. It takes a scan of the exported log.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from eksaminer.detection.fields import Kind, Log, field_of
from eksaminer.detection.predicate import And, Eq, Exists, In, Like, Not, Or, Predicate
from eksaminer.detection.rule import Rule, RuleClass
from eksaminer.outcome import Basis

STREAM = '@logStream like "kube-apiserver-audit"'
LONGEST = 9_500
"""CloudWatch takes queries of 10,000 characters."""
ASKED = frozenset(RuleClass) - {RuleClass.ACTIVITY, RuleClass.IMPOSSIBLE}
"""What is only counted is not worth fetching a whole log for. What needs configuration is given once it has that."""
IMPERSONATED = "impersonatedUser"
"""Few requests have it, and what stands below it has the keys of the user who asks: that it is there is asked for."""
PLAIN = re.compile(r"[A-Za-z0-9._:/@% -]+")
ODD = re.compile(r"[^A-Za-z0-9._:/@% -]+")
"""What the API server may write in more than one way."""
COMMON = frozenset({"level", "stage", "verb"})
"""Fields of which every value stands in many lines."""
COMMON_VALUES = frozenset({"allow", "200", "201"})
COMMON_PREFIXES = frozenset({"eks:", "system:", "system:node:", "system:serviceaccount:"})
"""Of user names: the cluster itself makes nearly all requests."""
LETTERS = re.compile("[a-z0-9:]+")
_V6 = '[a-fA-F]|[0-9][0-9a-fA-F]{0,3}:|::([^1]|1[^"])'
_V4 = (
    "[2-9]|1([.13-68]|0[1-9]|2[.0-689]|7[.013-9]|9[.013-9])"
    r"|100\.([0-9]\.|[1-5][0-9]\.|6[0-3]\.|12[89]|1[3-9][0-9]|2[0-9][0-9])"
    r"|172\.([0-9]\.|1[0-5]\.|3[2-9]|[4-9][0-9]|[12][0-9][0-9])|192\.([02-9]|1[.0-57-9]|16[.0-79])"
)


@dataclass(frozen=True, slots=True)
class _Clause:
    """One look at the text of a line."""

    text: str
    about: str = ""
    values: frozenset[str] = frozenset()
    """Of a field *about* which is asked whether it has one of some values: these."""


@dataclass(frozen=True, slots=True)
class _All:
    parts: "tuple[_Filter, ...]"


@dataclass(frozen=True, slots=True)
class _Any:
    parts: "tuple[_Filter, ...]"


_Filter = _Clause | _All | _Any
OUTSIDE = _Clause(rf'@message like /"sourceIPs"\s*:\s*\[[^\]]*"({_V6}|{_V4})/')
"""Of a list that holds an address which the internet routes; some lists of others come too."""
CUT = _Clause(r"@message like /\[Truncated\.\.\.\]/")


def insights_filter(rules: Iterable[Rule]) -> str:
    """Return the expression that goes after `filter` in a query for all that *rules* could match."""
    parts = [_filter(rule.predicate) for rule in rules if rule.log is Log.AUDIT]
    if None in parts:
        return STREAM
    union = _union([*(part for part in parts if part is not None), CUT])
    return f"{STREAM} and {_shown(union)}"


def narrow(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules that one query can ask for without fetching the whole stream; those of the guide first."""
    chosen: list[Rule] = []
    for rule in sorted(rules, key=lambda rule: (rule.basis is not Basis.GUIDE, rule.severity.rank, rule.id)):
        asked = rule.log is Log.AUDIT and rule.rule_class in ASKED and _selective(rule.predicate)
        if asked and len(insights_filter([*chosen, rule])) < LONGEST:
            chosen.append(rule)
    return tuple(sorted(chosen, key=lambda rule: rule.id))


def _filter(predicate: Predicate) -> _Filter | None:  # noqa: PLR0911 - one answer for each kind of predicate
    """Return a filter that is true wherever *predicate* is; None where that is everywhere."""
    match predicate:
        case And(parts=parts):
            known = [part for part in map(_filter, parts) if part is not None] + list(_without(parts))
            return _All(tuple(known)) if known else None
        case Or(parts=parts):
            each = [_filter(part) for part in parts]
            return None if None in each or not each else _union([part for part in each if part is not None])
        case Eq(field=field) | In(field=field) | Like(field=field) if field.startswith(f"{IMPERSONATED}."):
            return _Clause(rf'@message like /"{IMPERSONATED}"\s*:/')
        case Eq(field="source.public", value="true"):
            return OUTSIDE
        case Eq(field=field, value=value):
            return _pair(field, (value,))
        case In(field=field, values=values):
            return _pair(field, values)
        case Like(field=field, pattern=pattern):
            return _like(field, pattern)
        case _:
            return None


def _union(parts: Sequence[_Filter]) -> _Filter:
    """Return what lets through what one of *parts* does, without those that let through no more than another."""
    kept: list[_Filter] = []
    for part in parts:
        if not any(_implies(part, other) for other in kept):
            kept = [other for other in kept if not _implies(other, part)] + [part]
    return kept[0] if len(kept) == 1 else _Any(tuple(kept))


def _implies(one: _Filter, other: _Filter) -> bool:
    """Tell whether *other* lets through what *one* does, as far as their parts show it."""
    match one, other:
        case _Any(parts=parts), _:
            return all(_implies(part, other) for part in parts)
        case _, _All(parts=parts):
            return all(_implies(one, part) for part in parts)
        case _, _Any(parts=parts) if any(_implies(one, part) for part in parts):
            return True
        case _All(parts=parts), _:
            return any(_implies(part, other) for part in parts)
        case _Clause() as less, _Clause() as more:
            return less.text == more.text or (
                less.about != "" and less.about == more.about and less.values <= more.values
            )
        case _:
            return False


def _shown(given: _Filter) -> str:
    match given:
        case _Clause(text=text):
            return text
        case _All(parts=(part,)) | _Any(parts=(part,)):
            return _shown(part)
        case _All(parts=parts):
            return f"({' and '.join(map(_shown, parts))})"
        case _Any(parts=parts):
            return f"({' or '.join(map(_shown, parts))})"


def _selective(predicate: Predicate) -> bool:
    """Tell whether the filter of *predicate* leaves most of a log where it is."""
    match predicate:
        case And(parts=parts):
            return any(map(_selective, parts)) or any(_without(parts))
        case Or(parts=parts):
            return bool(parts) and all(map(_selective, parts))
        case Eq(field=field, value=value):
            common = field in COMMON or value in COMMON_VALUES
        case In(field=field, values=values):
            common = field in COMMON or bool(COMMON_VALUES & set(values))
        case Like(field=field, pattern=(literal, "*")):
            common = field in COMMON or (field == "user.username" and literal[1:] in COMMON_PREFIXES)
        case Like(field=field):
            common = field in COMMON
        case _:
            return False
    return not common and _filter(predicate) is not None


def _without(parts: Sequence[Predicate]) -> Iterator[_Clause]:
    """Yield filters for texts that are there, by one of *parts*, and by another do not begin with a word."""
    there = {part.field for part in parts if isinstance(part, Exists)}
    for part in parts:
        refused = part.part if isinstance(part, Not) else None
        for one in refused.parts if isinstance(refused, Or) else [refused]:
            if isinstance(one, Like) and one.field in there and field_of(one.field).kind is Kind.TEXT:
                yield from _not_begun(one)


def _not_begun(test: Like) -> Iterator[_Clause]:
    """Yield a filter for a text that goes on otherwise than the word of *test* after some letters, or ends there."""
    word = test.pattern[0][1:]
    if test.cased or test.pattern[1:] != ("*",) or not LETTERS.fullmatch(word):
        return
    other = ""
    for letter in reversed(word):
        both = f"{letter}{letter.upper()}" if letter.isalpha() else letter
        same = f"[{both}]" if letter.isalpha() else letter
        other = f"([^{both}]|{same}{other})" if other else f"[^{both}]"
    yield _Clause(rf'@message like /"{_escaped(field_of(test.field).steps[-1])}"\s*:\s*"{other}/')


def _like(path: str, pattern: tuple[str, ...]) -> _Clause | None:
    field = field_of(path)
    literals = [ODD.split(part[1:]) for part in pattern if part not in {"*", "?"}]
    known = field.kind is Kind.TEXT and not field.derived
    if not known or not any(word.strip() for words in literals for word in words):
        return None
    texts = (".*" if part in {"*", "?"} else ".*".join(map(_escaped, ODD.split(part[1:]))) for part in pattern)
    found = re.sub(r"(\.\*)+", ".*", "".join(texts)).removesuffix(".*")
    return _Clause(rf'@message like /(?i)"{_escaped(field.steps[-1])}"\s*:\s*"{found}/')


def _escaped(text: str) -> str:
    return re.escape(text).replace("/", r"\/").replace(r"\-", "-").replace(r"\ ", " ")


def _listed(path: str, values: tuple[str, ...]) -> _Clause:
    """Return a filter for a list of texts that holds one of *values*."""
    field = field_of(path)
    found = "|".join(_escaped(value) for value in sorted(values))
    text = rf'@message like /(?i)"{_escaped(field.steps[-1])}"\s*:\s*\[.*"({found})"/'
    return _Clause(text, path, frozenset(value.lower() for value in values))


def _pair(path: str, values: tuple[str, ...]) -> _Clause | None:
    field = field_of(path)
    if field.kind is Kind.TEXTS and not field.derived and all(PLAIN.fullmatch(value) for value in values):
        return _listed(path, values)
    if (
        field.derived
        or field.kind not in {Kind.TEXT, Kind.NUMBER}
        or not all(PLAIN.fullmatch(value) for value in values)
    ):
        return None
    found = "|".join(_escaped(value) for value in sorted(values))
    quote = '"?' if field.kind is Kind.NUMBER else '"'
    text = rf'@message like /(?i)"{_escaped(field.steps[-1])}"\s*:\s*{quote}({found}){quote}/'
    return _Clause(text, path, frozenset(value.lower() for value in values))
