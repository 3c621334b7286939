"""Say in plain English what a rule matches."""

from collections.abc import Iterable, Iterator

from eksaminer.detection.predicate import And, Cidr, Cmp, Each, Eq, Exists, In, Like, Not, Or, Predicate, Re, Ref
from eksaminer.detection.rule import Bound, Correlation, CorrelationKind, Rule

FIELDS = {
    "objectRef.apiGroup": "API group",
    "objectRef.apiVersion": "API version",
    "objectRef.resource": "resource",
    "objectRef.subresource": "subresource",
    "objectRef.namespace": "namespace",
    "objectRef.name": "name",
    "user.username": "user",
    "user.groups": "a group of the user",
    "userAgent": "user agent",
    "sourceIPs": "source address",
    "responseStatus.code": "answer code",
    "annotations.authorization.k8s.io/decision": "decision",
    "annotations.authorization.k8s.io/reason": "reason of the decision",
    "impersonatedUser.username": "impersonated user",
    "impersonatedUser.groups": "a group of the impersonated user",
    "uri.path": "path",
    "uri.command": "command",
    "pod.allContainers": "all containers of the pod (init and ephemeral ones among them)",
}
"""Words for fields whose path says less; every other field is called by its path."""

FLAGS = {
    ("request.dryRun", "true"): ("it is a dry run", "it is no dry run"),
    ("source.public", "true"): ("a source address is public", "no source address is public"),
    ("readOnly", "true"): ("it only reads", "it changes something"),
}
"""What a test of a flag says, and its opposite."""

OPERATORS = {"lt": "is below", "lte": "is at most", "gt": "is above", "gte": "is at least"}
PLACES = {"": "is the same as", "contains": "contains", "startswith": "starts with", "endswith": "ends with"}
COUNTS = {"lt": "fewer than {}", "lte": "at most {}", "gt": "more than {}", "gte": "{} or more", "eq": "exactly {}"}
UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
LONG = 150
"""Characters; longer alternatives become a list of their own."""
MOST_VALUES = 12
"""Values of one test that are listed."""


def explain(rule: Rule) -> str:
    """Return the logic of *rule* as one sentence, or as a sentence with a list."""
    if rule.correlation is not None:
        return _counted(rule.correlation)
    parts = conjuncts(rule.predicate)
    if len(parts) == 1 and len(parts[0]) <= LONG:
        return f"A request matches where {parts[0]}."
    return _list("A request matches where all of this holds:", _bullets(rule.predicate))


def conjuncts(predicate: Predicate) -> tuple[str, ...]:
    """Return what has to hold together, each part in words."""
    return tuple(text for part in _together(predicate) for text in _said(part)) or ("it is any request",)


def _together(predicate: Predicate) -> Iterator[Predicate]:
    if isinstance(predicate, And):
        for part in predicate.parts:
            yield from _together(part)
    else:
        yield predicate


def _said(part: Predicate) -> Iterator[str]:
    """Give a part in words; what must not be one of several things is several texts."""
    if not isinstance(part, Not) or not isinstance(part.part, Or):
        yield _say(part)
        return
    for subject, rests in _subjects(part.part.parts).items():
        if subject.endswith(" is") and rests:
            yield f"{subject} not {rests[0]}" if len(rests) == 1 else f"{subject} none of {_listed(tuple(rests))}"
        else:
            yield f"not ({_bare(_phrase(subject, rests))})"


def _bullets(predicate: Predicate, indent: str = "") -> Iterator[str]:
    """Give the parts of a conjunction as a list, with the alternatives of a long part as a list of their own."""
    for part in _together(predicate):
        for text in _said(part):
            if isinstance(part, Or) and len(text) > LONG and not indent:
                yield f"{indent}- one of these:"
                for subject, rests in _subjects(part.parts).items():
                    yield f"{indent}  - {_bare(_phrase(subject, rests))}"
            else:
                yield f"{indent}- {text}"


def _counted(correlation: Correlation) -> str:
    per = f" of the same {_listed(tuple(map(_field, correlation.group_by)), 'and')}" if correlation.group_by else ""
    head = f"Within {_span(correlation.seconds)}, "
    if correlation.kind in {CorrelationKind.TEMPORAL, CorrelationKind.TEMPORAL_ORDERED}:
        ordered = correlation.kind is CorrelationKind.TEMPORAL_ORDERED
        number = "all" if ordered or _all(correlation) else _number(correlation.bounds)
        head += f"requests{per} match {number} of these{', in this order' if ordered else ''}:"
        steps = [", and ".join(conjuncts(base.predicate)) for base in correlation.bases]
        return _list(head, [f"{place}. {step}" for place, step in enumerate(steps, 1)])
    number = _number(correlation.bounds)
    if correlation.field:
        head += f"requests{per} have {number} different values of {_field(correlation.field)}, and match"
    else:
        head += f"{number} requests{per} match"
    if len(correlation.bases) == 1:
        return _list(f"{head} all of this:", _bullets(correlation.bases[0].predicate))
    return _list(
        f"{head} one of these:", [f"- {', and '.join(conjuncts(base.predicate))}" for base in correlation.bases]
    )


def _list(head: str, items: Iterable[str]) -> str:
    return f"{head}\n\n" + "\n".join(items)


def _all(correlation: Correlation) -> bool:
    return correlation.bounds == (Bound(operator="gte", value=len(correlation.bases)),)


def _number(bounds: tuple[Bound, ...]) -> str:
    return " and ".join(COUNTS[bound.operator].format(bound.value) for bound in bounds)


def _span(seconds: int) -> str:
    size, name = next((size, name) for size, name in UNITS if seconds % size == 0)
    count = seconds // size
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def _field(path: str) -> str:
    return FIELDS.get(path, path)


def _say(predicate: Predicate) -> str:
    match predicate:
        case And(parts=parts):
            return " and ".join(_grouped(part) for part in parts)
        case Or(parts=parts):
            return _either(parts)
        case Not(part=part):
            return _not(part)
        case Exists(field=field):
            return f"{_field(field)} is there"
        case Each(field=field, part=part, every=every):
            which = "each" if every else "one"
            return f"{which} of {_field(field)} has: {_grouped(part)}"
        case _:
            return _test(predicate)


def _either(parts: tuple[Predicate, ...]) -> str:
    """Join with or; what is asked of one field in one way is said once."""
    return " or ".join(_phrase(subject, rests) for subject, rests in _subjects(parts).items())


def _bare(text: str) -> str:
    return text[1:-1] if text.startswith("(") and text.endswith(")") else text


def _phrase(subject: str, rests: list[str]) -> str:
    return f"{subject} {_listed(tuple(rests))}" if rests else subject


def _subjects(parts: Iterable[Predicate]) -> dict[str, list[str]]:
    """Return what is asked, and the values of which one will do; none where there is nothing to list."""
    said: dict[str, list[str]] = {}
    for part in _flat(parts):
        subject, values = _halves(part)
        said.setdefault(subject, []).extend(values)
    return said


def _flat(parts: Iterable[Predicate]) -> Iterator[Predicate]:
    """Give the parts of nested disjunctions, without the empty text beside a missing field."""
    flat = [inner for part in parts for inner in (_flat(part.parts) if isinstance(part, Or) else (part,))]
    missing = {part.part.field for part in flat if isinstance(part, Not) and isinstance(part.part, Exists)}
    for part in flat:
        if not (isinstance(part, Eq) and not part.value and part.field in missing):
            yield part


def _halves(part: Predicate) -> tuple[str, list[str]]:
    """Split a test into what is asked of which field, and the values."""
    match part:
        case Not(part=Exists(field=field)):
            return f"{_field(field)} is", ["missing"]
        case Eq(field=field, value=value) if (field, value.lower()) not in FLAGS:
            return f"{_field(field)} is", [value]
        case In(field=field, values=values):
            return f"{_field(field)} is", list(values)
        case Cidr(field=field, network=network):
            return f"{_field(field)} is an address within", [network]
        case Like(field=field, pattern=pattern):
            words, value = _like(pattern)
            return f"{_field(field)} {words}", [value]
        case _:
            return _grouped(part), []


def _not(part: Predicate) -> str:
    match part:
        case Exists(field=field):
            return f"{_field(field)} is missing"
        case Eq(field=field, value=value) if (field, value.lower()) in FLAGS:
            return FLAGS[field, value.lower()][1]
        case Eq(field=field, value=value):
            return f"{_field(field)} is not {value or 'empty'}"
        case In(field=field, values=values):
            return f"{_field(field)} is none of {_listed(values)}"
        case Not(part=inner):
            return _say(inner)
        case _:
            return f"not ({_say(part)})"


def _grouped(predicate: Predicate) -> str:
    text = _say(predicate)
    return f"({text})" if isinstance(predicate, And | Or) and (" or " in text or " and " in text) else text


def _listed(values: tuple[str, ...], word: str = "or") -> str:
    shown = [value or "empty" for value in values[:MOST_VALUES]]
    if len(values) > MOST_VALUES:
        shown.append(f"{len(values) - MOST_VALUES} more")
    return f"{', '.join(shown[:-1])} {word} {shown[-1]}" if len(shown) > 1 else shown[0]


def _test(test: Eq | In | Like | Re | Cmp | Cidr | Ref) -> str:  # noqa: PLR0911 - one answer for each kind of predicate
    match test:
        case Eq(field=field, value=value) if (field, value.lower()) in FLAGS:
            return FLAGS[field, value.lower()][0]
        case Eq(field=field, value=value):
            return f"{_field(field)} is {value or 'empty'}"
        case In(field=field, values=values):
            return f"{_field(field)} is {_listed(values)}"
        case Like(field=field, pattern=pattern):
            return f"{_field(field)} {' '.join(_like(pattern))}"
        case Re(field=field, pattern=pattern):
            return f"{_field(field)} holds a text that matches /{pattern}/"
        case Cmp(field=field, operator=operator, value=value):
            return f"{_field(field)} {OPERATORS[operator]} {value:g}"
        case Cidr(field=field, network=network):
            return f"{_field(field)} is an address within {network}"
        case Ref(field=field, other=other, place=place):
            return f"{_field(field)} {PLACES[place]} {_field(other)}"


def _like(pattern: tuple[str, ...]) -> tuple[str, str]:
    """Return how a text has to be like the value, and the value."""
    literals = [part[1:] for part in pattern if part not in {"*", "?"}]
    ends = (pattern[0] == "*", pattern[-1] == "*")
    words = {(True, True): "contains", (False, True): "starts with", (True, False): "ends with"}
    if len(literals) == 1 and ends in words and len(pattern) == 1 + sum(ends):
        return words[ends], literals[0]
    return "is like", "".join(part if part in {"*", "?"} else part[1:] for part in pattern)
