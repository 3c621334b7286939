"""Say in plain English what a rule matches."""

from eksaminer.detection.predicate import And, Cidr, Cmp, Each, Eq, Exists, In, Like, Not, Or, Predicate, Re, Ref
from eksaminer.detection.rule import Rule

WORDS = {"lt": "is below", "lte": "is at most", "gt": "is above", "gte": "is at least"}

PLACES = {"": "is the same as", "contains": "contains", "startswith": "starts with", "endswith": "ends with"}


def explain(rule: Rule) -> str:
    """Return the logic of *rule* as one sentence."""
    return f"An event matches where {_say(rule.predicate)}."


def _say(predicate: Predicate) -> str:  # noqa: PLR0911 - one answer for each kind of predicate
    match predicate:
        case And(parts=parts):
            return " and ".join(_grouped(part) for part in parts)
        case Or(parts=parts):
            return " or ".join(_grouped(part) for part in parts)
        case Not(part=Exists(field=field)):
            return f"{field} is missing"
        case Not(part=part):
            return f"not ({_say(part)})"
        case Exists(field=field):
            return f"{field} is there"
        case Each(field=field, part=part, every=True):
            return f"there is {field}, and each of it has: {_grouped(part)}"
        case Each(field=field, part=part):
            return f"one of {field} has: {_grouped(part)}"
        case _:
            return _test(predicate)


def _grouped(predicate: Predicate) -> str:
    text = _say(predicate)
    return f"({text})" if isinstance(predicate, And | Or) and len(predicate.parts) > 1 else text


def _test(test: Eq | In | Like | Re | Cmp | Cidr | Ref) -> str:  # noqa: PLR0911 - one answer for each kind of predicate
    match test:
        case Eq(field=field, value=value):
            return f"{field} is {value}" if value else f"{field} is empty"
        case In(field=field, values=values):
            return f"{field} is one of {', '.join(values)}"
        case Like(field=field, pattern=pattern):
            shown = "".join(part if part in {"*", "?"} else part[1:] for part in pattern)
            return f"{field} is like {shown}"
        case Re(field=field, pattern=pattern):
            return f"{field} holds a text that matches /{pattern}/"
        case Cmp(field=field, operator=operator, value=value):
            return f"{field} {WORDS[operator]} {value:g}"
        case Cidr(field=field, network=network):
            return f"{field} is an address within {network}"
        case Ref(field=field, other=other, place=place):
            return f"{field} {PLACES[place]} {other}"
