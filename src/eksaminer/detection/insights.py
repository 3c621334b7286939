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
"""

import re
from collections.abc import Iterable

from eksaminer.detection.fields import Kind, Log, field_of
from eksaminer.detection.predicate import And, Eq, In, Like, Or, Predicate
from eksaminer.detection.rule import Rule, RuleClass
from eksaminer.outcome import Basis

STREAM = '@logStream like "kube-apiserver-audit"'
CUT = r"@message like /\[Truncated\.\.\.\]/"
LONGEST = 9_500
"""CloudWatch takes queries of 10,000 characters."""
ASKED = frozenset(RuleClass) - {RuleClass.ACTIVITY, RuleClass.IMPOSSIBLE}
"""What is only counted is not worth fetching a whole log for. What needs configuration is given once it has that."""
IMPERSONATED = "impersonatedUser"
"""Few requests have it, and what stands below it has the keys of the user who asks: that it is there is asked for."""
PLAIN = re.compile(r"[A-Za-z0-9._:/@% -]+")


def insights_filter(rules: Iterable[Rule]) -> str:
    """Return the expression that goes after `filter` in a query for all that *rules* could match."""
    parts = [_filter(rule.predicate) for rule in rules if rule.log is Log.AUDIT]
    if not parts:
        return f"{STREAM} and {CUT}"
    if None in parts:
        return STREAM
    union = " or ".join(dict.fromkeys([part for part in parts if part is not None] + [CUT]))
    return f"{STREAM} and ({union})"


def narrow(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules that one query can ask for without fetching the whole stream; those of the guide first."""
    chosen: list[Rule] = []
    for rule in sorted(rules, key=lambda rule: (rule.basis is not Basis.GUIDE, rule.severity.rank, rule.id)):
        asked = rule.log is Log.AUDIT and rule.rule_class in ASKED and _filter(rule.predicate) is not None
        if asked and len(insights_filter([*chosen, rule])) < LONGEST:
            chosen.append(rule)
    return tuple(sorted(chosen, key=lambda rule: rule.id))


def _filter(predicate: Predicate) -> str | None:  # noqa: PLR0911 - one answer for each kind of predicate
    """Return a filter that is true wherever *predicate* is; None where that is everywhere."""
    match predicate:
        case And(parts=parts):
            known = [part for part in map(_filter, parts) if part is not None]
            return _joined(" and ", known) if known else None
        case Or(parts=parts):
            each = list(dict.fromkeys(_filter(part) for part in parts))
            return None if None in each or not each else _joined(" or ", [part for part in each if part])
        case Eq(field=field) | In(field=field) | Like(field=field) if field.startswith(f"{IMPERSONATED}."):
            return rf'@message like /"{IMPERSONATED}"\s*:/'
        case Eq(field=field, value=value):
            return _pair(field, (value,))
        case In(field=field, values=values):
            return _pair(field, values)
        case Like(field=field, pattern=pattern):
            return _like(field, pattern)
        case _:
            return None


def _like(path: str, pattern: tuple[str, ...]) -> str | None:
    field = field_of(path)
    literals = [part[1:] for part in pattern if part not in {"*", "?"}]
    if field.derived or field.kind is not Kind.TEXT or not literals or not all(map(PLAIN.fullmatch, literals)):
        return None
    found = "".join(".*" if part in {"*", "?"} else _escaped(part[1:]) for part in pattern)
    return rf'@message like /(?i)"{_escaped(field.steps[-1])}"\s*:\s*"{found}/'


def _escaped(text: str) -> str:
    return re.escape(text).replace("/", r"\/").replace(r"\-", "-").replace(r"\ ", " ")


def _joined(word: str, parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else "(" + word.join(parts) + ")"


def _listed(path: str, values: tuple[str, ...]) -> str | None:
    """Return a filter for a list of texts that holds one of *values*."""
    field = field_of(path)
    found = "|".join(_escaped(value) for value in sorted(values))
    return rf'@message like /(?i)"{_escaped(field.steps[-1])}"\s*:\s*\[.*"({found})"/'


def _pair(path: str, values: tuple[str, ...]) -> str | None:
    field = field_of(path)
    if field.kind is Kind.TEXTS and not field.derived and all(PLAIN.fullmatch(value) for value in values):
        return _listed(path, values)
    if (
        field.derived
        or field.kind not in {Kind.TEXT, Kind.NUMBER}
        or not all(PLAIN.fullmatch(value) for value in values)
    ):
        return None
    key = re.escape(field.steps[-1]).replace("/", r"\/")
    found = "|".join(re.escape(value).replace("/", r"\/").replace(r"\-", "-") for value in sorted(values))
    quote = '"?' if field.kind is Kind.NUMBER else '"'
    return rf'@message like /(?i)"{key}"\s*:\s*{quote}({found}){quote}/'
