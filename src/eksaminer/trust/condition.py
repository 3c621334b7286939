"""What the elements of a statement say about a web identity: certainly, possibly, or not at all.

Each element becomes `Bounds`: the subjects it certainly lets through, and those it may let through. They differ
where a token does not tell (the source address), where a policy variable stands, and where the behaviour of AWS
is not documented; the wider set is then what an Allow may give, the narrower one what a Deny surely takes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum

from eksaminer.record import Record
from eksaminer.trust.document import Condition, Principal, Statement
from eksaminer.trust.formula import EVERY, NONE, Constant, Formula, both, either, matching, negated
from eksaminer.trust.glob import Value, read_value
from eksaminer.trust.provider import Issuer, issuer_kind, issuer_of

ACTION = "sts:assumerolewithwebidentity"
AUDIENCE = "sts.amazonaws.com"


class Request(Record, frozen=True, kw_only=True):
    """What a token says besides its subject."""

    provider: str
    audience: str = AUDIENCE

    @property
    def issuer(self) -> str:
        """The issuer, in lower case: names of condition keys know no case."""
        return issuer_of(self.provider).lower()


@dataclass(frozen=True, slots=True)
class Bounds:
    """A set of subjects, known from below and from above."""

    surely: Formula
    possibly: Formula

    def negated(self) -> "Bounds":
        """Return the complement."""
        return Bounds(negated(self.possibly), negated(self.surely))


ALL = Bounds(EVERY, EVERY)
NOBODY = Bounds(NONE, NONE)
UNKNOWN = Bounds(NONE, EVERY)


def exactly(value: bool) -> Bounds:  # noqa: FBT001 - the truth value is the whole argument
    """Return everyone or nobody."""
    return ALL if value else NOBODY


class Doubt(StrEnum):
    """Why an element is not decided by the token."""

    NOT_IN_TOKEN = "not_in_token"  # noqa: S105 - a reason, not a secret
    """The key is of the request, not of the token."""
    CLAIM = "other_claim"
    """A claim besides subject and audience, of a provider whose tokens may carry it."""
    VARIABLE = "policy_variable"
    OPERATOR = "unknown_operator"
    """IAM documents no such operator, or no such value for it."""
    UNDOCUMENTED = "undocumented"
    """The operator is for values of another kind."""
    EVERYONE = "everyone_principal"
    """Whether a principal `*` includes web identities is not documented."""
    SPELLING = "provider_spelling"
    """The provider is written in another case."""


class KeyKind(Enum):
    """What a token tells about a condition key."""

    SUBJECT = "sub"
    AUDIENCE = "aud"
    ABSENT = "absent"
    """A claim that the token does not carry, or of another issuer."""
    CLAIM = "claim"
    """Another claim, which a provider outside EKS may send."""
    UNKNOWN = "unknown"
    """Not of the token."""


_OPEN = {KeyKind.UNKNOWN: Doubt.NOT_IN_TOKEN, KeyKind.CLAIM: Doubt.CLAIM}


def kind_of_key(key: str, request: Request) -> KeyKind:
    """Return what a token of *request* tells about a condition key."""
    name = key.lower()
    if name == f"{request.issuer}:sub":
        return KeyKind.SUBJECT
    if name == f"{request.issuer}:aud":
        return KeyKind.AUDIENCE
    if name.startswith(f"{request.issuer}:"):
        return KeyKind.ABSENT if issuer_kind(request.provider) is Issuer.EKS else KeyKind.CLAIM
    prefix, colon, _ = name.partition(":")
    of_an_issuer = "." in prefix or prefix in ("saml", "https", "http")
    return KeyKind.ABSENT if colon and of_an_issuer else KeyKind.UNKNOWN


class Family(Enum):
    """How an operator compares."""

    EQUALS = "equals"
    FOLDED = "equals, whatever the case"
    LIKE = "like"
    ARN = "arn"
    OTHER = "other"
    """Numbers, dates, addresses, booleans, bytes."""
    NULL = "null"


_OPERATORS = {
    "stringequals": (Family.EQUALS, False),
    "stringnotequals": (Family.EQUALS, True),
    "stringequalsignorecase": (Family.FOLDED, False),
    "stringnotequalsignorecase": (Family.FOLDED, True),
    "stringlike": (Family.LIKE, False),
    "stringnotlike": (Family.LIKE, True),
    "arnequals": (Family.ARN, False),
    "arnnotequals": (Family.ARN, True),
    "arnlike": (Family.ARN, False),
    "arnnotlike": (Family.ARN, True),
    "numericequals": (Family.OTHER, False),
    "numericnotequals": (Family.OTHER, True),
    "numericlessthan": (Family.OTHER, False),
    "numericlessthanequals": (Family.OTHER, False),
    "numericgreaterthan": (Family.OTHER, False),
    "numericgreaterthanequals": (Family.OTHER, False),
    "dateequals": (Family.OTHER, False),
    "datenotequals": (Family.OTHER, True),
    "datelessthan": (Family.OTHER, False),
    "datelessthanequals": (Family.OTHER, False),
    "dategreaterthan": (Family.OTHER, False),
    "dategreaterthanequals": (Family.OTHER, False),
    "bool": (Family.OTHER, False),
    "binaryequals": (Family.OTHER, False),
    "ipaddress": (Family.OTHER, False),
    "notipaddress": (Family.OTHER, True),
    "null": (Family.NULL, False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """An operator of IAM with its qualifiers."""

    family: Family
    negated: bool
    if_exists: bool
    set_of: str
    """`forallvalues`, `foranyvalue` or empty."""

    def without_key(self) -> bool:
        """Return what the condition says when the request has no such key."""
        if self.if_exists or self.set_of == "forallvalues":
            return True
        return self.negated and self.set_of != "foranyvalue"


def operator_of(text: str) -> Operator | None:
    """Read an operator in any case; None: IAM documents no such operator."""
    set_of, colon, name = text.lower().rpartition(":")
    if colon and set_of not in ("forallvalues", "foranyvalue"):
        return None
    if_exists = name.endswith("ifexists")
    known = _OPERATORS.get(name.removesuffix("ifexists"))
    if known is None or (known[0] is Family.NULL and (if_exists or set_of)):
        return None
    return Operator(family=known[0], negated=known[1], if_exists=if_exists, set_of=set_of)


@dataclass(frozen=True, slots=True)
class Judged:
    """What an element lets through, and why that is not certain."""

    bounds: Bounds
    doubt: Doubt | None = None


def values_of(condition: Condition, operator: Operator, *, variables: bool) -> list[Value]:
    """Read the values of a condition on a string."""
    wildcards = operator.family in (Family.LIKE, Family.ARN)
    fold = operator.family is Family.FOLDED
    return [read_value(text, wildcards=wildcards, fold=fold, variables=variables) for text in condition.values]


def judge_condition(condition: Condition, request: Request, *, variables: bool) -> Judged:
    """Return which subjects a condition lets through."""
    operator = operator_of(condition.operator)
    if operator is None:
        return Judged(UNKNOWN, Doubt.OPERATOR)
    kind = kind_of_key(condition.key, request)
    if kind in _OPEN:
        return Judged(UNKNOWN, _OPEN[kind])
    if operator.family is Family.NULL:
        return _judge_null(condition, absent=kind is KeyKind.ABSENT)
    if kind is KeyKind.ABSENT:
        return Judged(exactly(operator.without_key()))
    if operator.family is Family.OTHER:
        return Judged(UNKNOWN, Doubt.UNDOCUMENTED)
    values = values_of(condition, operator, variables=variables)
    if kind is KeyKind.AUDIENCE:
        bounds = _matches(values, request.audience)
    else:
        bounds = Bounds(matching(v.glob for v in values if v.certain), matching(v.glob for v in values))
    doubt = None if all(value.certain for value in values) else Doubt.VARIABLE
    if operator.family is Family.ARN:
        bounds, doubt = Bounds(NONE, bounds.possibly), Doubt.UNDOCUMENTED
    return Judged(bounds.negated() if operator.negated else bounds, doubt)


def _matches(values: list[Value], text: str) -> Bounds:
    hits = [value for value in values if value.glob.matches(text)]
    return Bounds(Constant(value=any(value.certain for value in hits)), Constant(value=bool(hits)))


def _judge_null(condition: Condition, *, absent: bool) -> Judged:
    wanted = {value.lower() for value in condition.values}
    if not wanted <= {"true", "false"}:
        return Judged(UNKNOWN, Doubt.OPERATOR)
    return Judged(exactly(("true" if absent else "false") in wanted))


def judge_action(statement: Statement) -> bool:
    """Return whether a statement speaks of `sts:AssumeRoleWithWebIdentity`."""
    named = any(
        read_value(action.lower(), wildcards=True).glob.matches(ACTION) for action in statement.actions
    )  # fmt: skip
    return named != statement.not_actions


def judge_principal(statement: Statement, request: Request) -> Judged:
    """Return whether a statement speaks of the provider."""
    found = [_judge_name(principal, request.provider) for principal in statement.principals]
    named = next((judged for judged in found if judged.bounds == ALL), None)
    if statement.not_principals:
        return Judged(NOBODY) if named else Judged(UNKNOWN, Doubt.EVERYONE)
    return named or next((judged for judged in found if judged.doubt), Judged(NOBODY))


def _judge_name(principal: Principal, provider: str) -> Judged:
    if principal.kind == "*" or (principal.kind in ("AWS", "Federated") and principal.name == "*"):
        return Judged(UNKNOWN, Doubt.EVERYONE)
    if principal.kind != "Federated":
        return Judged(NOBODY)
    if principal.name == provider:
        return Judged(ALL)
    if principal.name.lower() == provider.lower():
        return Judged(UNKNOWN, Doubt.SPELLING)
    wild = "*" in principal.name or "?" in principal.name
    unnamed = ":oidc-provider/" not in provider
    possible = wild and (unnamed or read_value(principal.name, wildcards=True).glob.matches(provider))
    return Judged(UNKNOWN, Doubt.EVERYONE) if possible else Judged(NOBODY)


def all_of(parts: Iterable[Bounds]) -> Bounds:
    """Return what every part lets through."""
    known = list(parts)
    return Bounds(both(part.surely for part in known), both(part.possibly for part in known))


def any_of(parts: Iterable[Bounds]) -> Bounds:
    """Return what some part lets through."""
    known = list(parts)
    return Bounds(either(part.surely for part in known), either(part.possibly for part in known))
