"""What is wrong with a trust policy, as values: an id, the place, and a sentence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from eksaminer.record import Record
from eksaminer.trust.automaton import Effort, decide
from eksaminer.trust.condition import (
    AUDIENCE,
    NOBODY,
    Doubt,
    Family,
    KeyKind,
    Operator,
    Request,
    judge_action,
    judge_condition,
    judge_principal,
    kind_of_key,
    operator_of,
)
from eksaminer.trust.document import Condition, Statement
from eksaminer.trust.formula import matching
from eksaminer.trust.glob import Glob, read_value
from eksaminer.trust.policy import TrustPolicy
from eksaminer.trust.provider import issuer_of
from eksaminer.trust.reach import Reach
from eksaminer.trust.subject import LONGEST_NAME, LONGEST_NAMESPACE, PREFIX, SERVICE_ACCOUNTS, Subjects, shown

_SHARE = 6
"""The patterns of all conditions together get this part of the steps of one question."""
_COLONS = 3


class FlawId(StrEnum):
    """What can be wrong. The values are stable."""

    # wide
    NO_SUBJECT = "no_subject_condition"
    SUBJECT_WILDCARD = "subject_wildcard"
    NAMESPACE_WILDCARD = "namespace_wildcard"
    MISSING_COLON = "missing_colon"
    WHOLE_NAMESPACE = "whole_namespace"
    NAME_WILDCARD = "name_wildcard"
    SUBJECT_PATTERN = "subject_pattern"
    OPEN_BY_NEGATION = "open_by_negation"
    OPEN_BY_IF_EXISTS = "open_by_if_exists"
    OPEN_BY_FOR_ALL_VALUES = "open_by_for_all_values"
    OPEN_BY_ABSENT_KEY = "open_by_absent_key"
    EVERYONE_PRINCIPAL = "everyone_principal"
    NOT_PRINCIPAL = "not_principal"
    NOT_ACTION = "not_action"
    BROAD_ACTION = "broad_action"
    DEFAULT_ACCOUNT = "default_account"
    # the audience
    AUDIENCE_NOT_PINNED = "audience_not_pinned"
    AUDIENCE_MISMATCH = "audience_mismatch"
    # dead
    OTHER_ISSUER = "other_issuer_key"
    ABSENT_CLAIM = "absent_claim"
    WILDCARD_IN_EQUALS = "wildcard_in_equals"
    UPPER_CASE = "upper_case"
    TOO_LONG = "too_long"
    NOT_A_SUBJECT = "not_a_subject"
    CONTRADICTION = "contradiction"
    EMPTIED_BY_DENY = "emptied_by_deny"
    NO_WEB_IDENTITY = "no_web_identity"
    # not certain
    UNKNOWN_OPERATOR = "unknown_operator"
    UNDOCUMENTED_OPERATOR = "undocumented_operator"
    POLICY_VARIABLE = "policy_variable"
    VARIABLE_2008 = "variable_in_version_2008"
    PROVIDER_SPELLING = "provider_spelling"
    DEPENDS_ON_REQUEST = "depends_on_request"
    OTHER_CLAIM = "other_claim"
    DENY_NOT_CERTAIN = "deny_not_certain"
    TOO_COMPLEX = "too_complex"
    # besides
    OTHER_PRINCIPALS = "other_principals"
    SEVERAL_PROVIDERS = "several_providers"


_F = FlawId

WORDING: Mapping[FlawId, str] = {
    _F.NO_SUBJECT: "No condition on the subject: every subject that the provider issues is admitted.",
    _F.SUBJECT_WILDCARD: "{value} admits service accounts of every namespace.",
    _F.NAMESPACE_WILDCARD: "The wildcard in the namespace of {value} admits namespaces that anybody may create.",
    _F.MISSING_COLON: "The wildcard in {value} stands for the colon too: it admits other namespaces.",
    _F.WHOLE_NAMESPACE: "{value} admits every service account of the namespace.",
    _F.NAME_WILDCARD: "The wildcard in the name of {value} admits service accounts that are not named.",
    _F.SUBJECT_PATTERN: "{value} is a pattern: it admits every subject that fits it.",
    _F.OPEN_BY_NEGATION: "The subject is only excluded ({condition}): every other subject is admitted.",
    _F.OPEN_BY_IF_EXISTS: "{condition} is true for every token, since no token of this provider has that key.",
    _F.OPEN_BY_FOR_ALL_VALUES: "{condition} is true for every token: ForAllValues is true where the key is absent.",
    _F.OPEN_BY_ABSENT_KEY: "{condition} is true for every token: a negated condition is true where the key is absent.",
    _F.EVERYONE_PRINCIPAL: (
        "The principal {value} may admit every identity provider; AWS does not document it, so the worst is assumed."
    ),
    _F.NOT_PRINCIPAL: "NotPrincipal may admit every provider that is not listed; the worst is assumed.",
    _F.NOT_ACTION: "NotAction includes every action that is not listed, AssumeRoleWithWebIdentity among them.",
    _F.BROAD_ACTION: "The action {value} includes more than AssumeRoleWithWebIdentity.",
    _F.DEFAULT_ACCOUNT: "{value} is the account of every pod of the namespace that names none.",
    _F.AUDIENCE_NOT_PINNED: "The audience is not pinned: a token for any audience of the provider is taken.",
    _F.AUDIENCE_MISMATCH: "{condition} does not admit the audience {value}.",
    _F.OTHER_ISSUER: "{condition} is a key of another issuer: no token of this provider has it, so it is never true.",
    _F.ABSENT_CLAIM: "{condition} is a claim that no token of this provider has, so it is never true.",
    _F.WILDCARD_IN_EQUALS: "{condition} takes the wildcard in {value} literally: no subject is that.",
    _F.UPPER_CASE: "{value} has upper case; subjects have none, so it matches nothing.",
    _F.TOO_LONG: (
        f"{{value}} is too long: a namespace has at most {LONGEST_NAMESPACE} characters, a name at most {LONGEST_NAME}."
    ),
    _F.NOT_A_SUBJECT: "{value} matches no subject that the provider can issue.",
    _F.CONTRADICTION: "The conditions contradict each other: nobody fulfils all of them.",
    _F.EMPTIED_BY_DENY: "A Deny takes back everything that is allowed: nobody can assume the role.",
    _F.NO_WEB_IDENTITY: "No statement allows AssumeRoleWithWebIdentity to the provider.",
    _F.UNKNOWN_OPERATOR: "IAM documents no operator or value like {condition}; it is taken for undecided.",
    _F.UNDOCUMENTED_OPERATOR: "{condition} is an operator for values of another kind; it is taken for undecided.",
    _F.POLICY_VARIABLE: "{condition} holds a policy variable, whose value nobody can know; the worst is assumed.",
    _F.VARIABLE_2008: "Version 2008-10-17 has no variables: {value} is taken literally.",
    _F.PROVIDER_SPELLING: "The provider is written in another case than it has; the worst is assumed.",
    _F.DEPENDS_ON_REQUEST: "{condition} depends on the request, not on the token.",
    _F.OTHER_CLAIM: "{condition} is a claim besides subject and audience; whom it admits is not decided here.",
    _F.DENY_NOT_CERTAIN: "This Deny is not certain to apply to web identities, so it is not relied on.",
    _F.TOO_COMPLEX: "The patterns are too complex to decide exactly: the role has to be taken for open to everyone.",
    _F.OTHER_PRINCIPALS: "The policy admits other principals too: {value}.",
    _F.SEVERAL_PROVIDERS: "The role can be assumed through several identity providers: {value}.",
}

_ABOUT_DOUBT = {
    Doubt.NOT_IN_TOKEN: _F.DEPENDS_ON_REQUEST,
    Doubt.CLAIM: _F.OTHER_CLAIM,
    Doubt.VARIABLE: _F.POLICY_VARIABLE,
    Doubt.OPERATOR: _F.UNKNOWN_OPERATOR,
    Doubt.UNDOCUMENTED: _F.UNDOCUMENTED_OPERATOR,
}


@dataclass(frozen=True, slots=True)
class _Search:
    """What patterns are compared with, and what that may still cost."""

    subjects: Subjects
    effort: Effort


class Flaw(Record, frozen=True, kw_only=True):
    """One thing that is wrong, or worth knowing."""

    id: FlawId
    statement: int = -1
    """The number of the statement from 0; -1: the policy."""
    condition: str = ""
    """`OPERATOR on KEY`, where it is about one."""
    value: str = ""

    @property
    def sentence(self) -> str:
        """The flaw in English."""
        return WORDING[self.id].format(condition=self.condition, value=self.value)


def find_flaws(policy: TrustPolicy, provider_arn: str, audience: str = AUDIENCE) -> tuple[Flaw, ...]:
    """Return what is wrong with a policy as seen from one provider, in the order of the document."""
    request = Request(provider=provider_arn, audience=audience)
    search = _Search(policy.subjects_for(provider_arn), Effort(policy.steps // _SHARE))
    found: list[Flaw] = []
    for statement in policy.statements:
        if policy.concerns(statement, request) and statement.allows:
            found += _of_allow(policy, statement, request, search)
        elif policy.concerns(statement, request):
            found += _of_deny(policy, statement, request)
        if statement.allows:
            found += _others(statement)
    found += _of_policy(policy, request)
    return tuple(dict.fromkeys(found))


def _of_policy(policy: TrustPolicy, request: Request) -> Iterator[Flaw]:
    for name in policy.named(request.provider):
        if name.endswith(":default") and policy.may_assume(request.provider, name, request.audience) != "no":
            yield Flaw(id=_F.DEFAULT_ACCOUNT, value=shown(name))
    allows = [item for item in policy.statements if item.allows and policy.concerns(item, request)]
    if not allows:
        yield Flaw(id=_F.NO_WEB_IDENTITY)
    reach = policy.reach(request.provider, request.audience)
    if not reach.is_decided:
        yield Flaw(id=_F.TOO_COMPLEX)
    elif reach.is_empty and any(not _reach(policy, item, request).is_empty for item in allows):
        yield Flaw(id=_F.EMPTIED_BY_DENY)
    issuers = _issuers(policy, request.audience)
    if len(issuers) > 1:
        yield Flaw(id=_F.SEVERAL_PROVIDERS, value=", ".join(issuers))


def _issuers(policy: TrustPolicy, audience: str) -> list[str]:
    """Return the issuers through which somebody may be admitted, sorted."""
    if len(policy.providers) == 1:
        return []
    return sorted({issuer_of(name) for name in policy.providers if not policy.reach(name, audience).is_empty})


def _others(statement: Statement) -> Iterator[Flaw]:
    if statement.not_principals:
        return
    names = sorted(item.name for item in statement.principals if item.kind not in ("Federated", "*"))
    if names:
        yield Flaw(id=_F.OTHER_PRINCIPALS, statement=statement.index, value=", ".join(names))


def _of_deny(policy: TrustPolicy, statement: Statement, request: Request) -> Iterator[Flaw]:
    if judge_principal(statement, request).doubt:
        yield Flaw(id=_F.DENY_NOT_CERTAIN, statement=statement.index)
    yield from _doubts(policy, statement, request)


def _of_allow(policy: TrustPolicy, statement: Statement, request: Request, search: _Search) -> list[Flaw]:
    found = [*_of_principal(statement, request), *_of_action(statement), *_doubts(policy, statement, request)]
    for condition in statement.conditions:
        found += _of_condition(policy, statement, condition, request, search)
    reach = _reach(policy, statement, request)
    if not reach.is_empty and policy.is_wider(request.provider, request.audience):
        found += _of_subject(statement, request)
    dead = {_F.OTHER_ISSUER, _F.ABSENT_CLAIM, _F.WILDCARD_IN_EQUALS, _F.UPPER_CASE, _F.TOO_LONG, _F.NOT_A_SUBJECT}
    if reach.is_empty and not (dead | {_F.AUDIENCE_MISMATCH}) & {flaw.id for flaw in found}:
        found.append(Flaw(id=_F.CONTRADICTION, statement=statement.index))
    if not reach.is_empty and policy.takes_any_audience(statement, request.provider):
        found.append(Flaw(id=_F.AUDIENCE_NOT_PINNED, statement=statement.index))
    return found


def _reach(policy: TrustPolicy, statement: Statement, request: Request) -> Reach:
    return policy.reach_of_statement(statement.index, request.provider, request.audience)


def _of_principal(statement: Statement, request: Request) -> Iterator[Flaw]:
    judged = judge_principal(statement, request)
    if statement.not_principals:
        yield Flaw(id=_F.NOT_PRINCIPAL, statement=statement.index)
    elif judged.doubt is Doubt.SPELLING:
        yield Flaw(id=_F.PROVIDER_SPELLING, statement=statement.index)
    elif judged.doubt:
        names = [item.name for item in statement.principals if "*" in item.name or "?" in item.name]
        yield Flaw(id=_F.EVERYONE_PRINCIPAL, statement=statement.index, value=", ".join(dict.fromkeys(names)))


def _of_action(statement: Statement) -> Iterator[Flaw]:
    if statement.not_actions:
        yield Flaw(id=_F.NOT_ACTION, statement=statement.index)
        return
    for action in statement.actions:
        if ("*" in action or "?" in action) and judge_action(statement):
            yield Flaw(id=_F.BROAD_ACTION, statement=statement.index, value=action)


def _doubts(policy: TrustPolicy, statement: Statement, request: Request) -> Iterator[Flaw]:
    for condition in statement.conditions:
        doubt = judge_condition(condition, request, variables=policy.variables).doubt
        if doubt:
            yield Flaw(id=_ABOUT_DOUBT[doubt], statement=statement.index, condition=condition.shown)


def _of_subject(statement: Statement, request: Request) -> Iterator[Flaw]:
    about = [item for item in statement.conditions if kind_of_key(item.key, request) is KeyKind.SUBJECT]
    operators = [operator_of(item.operator) for item in about]
    if any(operator and not operator.negated and operator.family is not Family.NULL for operator in operators):
        return
    negated = [
        item for item, operator in zip(about, operators, strict=True) if operator is not None and operator.negated
    ]
    if negated:
        yield Flaw(id=_F.OPEN_BY_NEGATION, statement=statement.index, condition=negated[0].shown)
    elif not any(kind_of_key(item.key, request) is KeyKind.CLAIM for item in statement.conditions):
        yield Flaw(id=_F.NO_SUBJECT, statement=statement.index)


def _of_condition(
    policy: TrustPolicy, statement: Statement, condition: Condition, request: Request, search: _Search
) -> Iterator[Flaw]:
    operator = operator_of(condition.operator)
    if operator is None:
        return
    kind = kind_of_key(condition.key, request)
    place = Flaw(id=_F.ABSENT_CLAIM, statement=statement.index, condition=condition.shown)
    if kind is KeyKind.ABSENT and operator.family is not Family.NULL:
        yield _at(place, _open_by(operator) if operator.without_key() else _dead_by(condition, request))
    elif kind is KeyKind.AUDIENCE and judge_condition(condition, request, variables=policy.variables).bounds == NOBODY:
        yield _at(place, _F.AUDIENCE_MISMATCH, request.audience)
    elif kind is KeyKind.SUBJECT and not operator.negated:
        yield from _of_values(policy, condition, operator, place, search)


def _at(place: Flaw, identifier: FlawId, value: str = "") -> Flaw:
    return Flaw(id=identifier, statement=place.statement, condition=place.condition, value=value)


def _open_by(operator: Operator) -> FlawId:
    if operator.if_exists:
        return _F.OPEN_BY_IF_EXISTS
    return _F.OPEN_BY_FOR_ALL_VALUES if operator.set_of else _F.OPEN_BY_ABSENT_KEY


def _dead_by(condition: Condition, request: Request) -> FlawId:
    own = condition.key.lower().startswith(f"{request.issuer}:")
    return _F.ABSENT_CLAIM if own else _F.OTHER_ISSUER


def _of_values(
    policy: TrustPolicy, condition: Condition, operator: Operator, place: Flaw, search: _Search
) -> Iterator[Flaw]:
    if operator.family in (Family.OTHER, Family.NULL):
        return
    wildcards = operator.family in (Family.LIKE, Family.ARN)
    fold = operator.family is Family.FOLDED
    for text in condition.values:
        value = read_value(text, wildcards=wildcards, fold=fold, variables=policy.variables)
        if "${" in text and not policy.variables:
            yield _at(place, _F.VARIABLE_2008, text)
        if _is_dead(value.glob, search):
            yield _at(place, _why_dead(text, search.effort, wildcards=wildcards, fold=fold), text)
        elif wildcards and ("*" in text or "?" in text) and search.subjects is SERVICE_ACCOUNTS:
            yield _at(place, _how_wide(text), text)
        elif wildcards and "*" in text:
            yield _at(place, _F.SUBJECT_PATTERN, text)


def _is_dead(glob: Glob, search: _Search) -> bool:
    """Whether no subject matches; the first values of a long list have to do."""
    if glob.literal is not None:
        return not search.subjects.has(glob.literal)
    automaton = decide(matching([glob]), search.subjects, search.effort)
    return automaton is not None and automaton.is_empty


def _why_dead(text: str, effort: Effort, *, wildcards: bool, fold: bool) -> FlawId:
    if not wildcards and ("*" in text or "?" in text):
        return _F.WILDCARD_IN_EQUALS
    lower = read_value(text.lower(), wildcards=wildcards).glob
    if text != text.lower() and not fold and not _is_dead(lower, _Search(SERVICE_ACCOUNTS, effort)):
        return _F.UPPER_CASE
    namespace, _, name = text.removeprefix(PREFIX).partition(":")
    if text.startswith(PREFIX) and (_least(namespace) > LONGEST_NAMESPACE or _least(name) > LONGEST_NAME):
        return _F.TOO_LONG
    return _F.NOT_A_SUBJECT


def _least(pattern: str) -> int:
    return len(pattern) - pattern.count("*")


def _how_wide(text: str) -> FlawId:
    namespace, colon, name = text.removeprefix(PREFIX).partition(":")
    if not text.startswith(PREFIX) or (not colon and not namespace.strip("*")):
        return _F.SUBJECT_WILDCARD
    if text.count(":") < _COLONS:
        return _F.MISSING_COLON
    if not namespace.strip("*") and not name.strip("*"):
        return _F.SUBJECT_WILDCARD
    if "*" in namespace or "?" in namespace:
        return _F.NAMESPACE_WILDCARD
    return _F.NAME_WILDCARD if name.strip("*") else _F.WHOLE_NAMESPACE
