"""A trust policy, and the questions one can put to it."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

from eksaminer.record import Record
from eksaminer.trust.condition import (
    AUDIENCE,
    NOBODY,
    Bounds,
    Doubt,
    Family,
    Judged,
    KeyKind,
    Request,
    all_of,
    any_of,
    exactly,
    judge_action,
    judge_condition,
    judge_principal,
    kind_of_key,
    operator_of,
)
from eksaminer.trust.document import Condition, Statement, read_document
from eksaminer.trust.formula import holds
from eksaminer.trust.glob import read_value
from eksaminer.trust.language import STEPS
from eksaminer.trust.provider import Issuer, issuer_kind, issuer_of
from eksaminer.trust.reach import Reach
from eksaminer.trust.subject import ANY_SUBJECT, PREFIX, SERVICE_ACCOUNTS, Subjects

Answer = Literal["yes", "no", "depends"]

ANY_PROVIDER = "any identity provider"
"""Stands for a provider where a policy names none but may admit all of them."""

_FOREIGN = "https://another.audience.example"
"""An audience that no policy names."""
_VARIABLES_SINCE = "2012-10-17"
MOST_AUDIENCES = 100
"""As many client ids as IAM takes for a provider."""
_FEW_STATEMENTS = 40
"""So many share the steps of one question; of more, each gets less than its share, since each is asked about more."""
_WHOLE = -1
"""Instead of the number of a statement: the policy."""


class Clause(Record, frozen=True, kw_only=True):
    """What one element of a statement says about one subject."""

    element: str
    """`Action`, `Principal`, or a condition: `StringEquals on ISSUER:sub`."""
    holds: Answer
    doubt: str = ""
    """Why that depends (an id of `Doubt`)."""


class Reason(Record, frozen=True, kw_only=True):
    """What one statement says about one subject."""

    statement: int
    allows: bool
    """Its effect; False: Deny."""
    applies: Answer
    clauses: tuple[Clause, ...]

    @property
    def against(self) -> tuple[Clause, ...]:
        """The elements that keep the statement from applying, or may do so."""
        return tuple(clause for clause in self.clauses if clause.holds != "yes")


class TrustPolicy:
    """The trust policy of a role."""

    def __init__(self, document: Mapping[str, Any], version: str, statements: tuple[Statement, ...]) -> None:
        self.document = document
        self.version = version
        self.statements = statements
        self._known: dict[Request, tuple[Bounds, ...]] = {}
        self._named: dict[str, tuple[str, ...]] = {}
        self._total: dict[Request, Bounds] = {}
        self._concerned: dict[Request, frozenset[int]] = {}
        self._reaches: dict[tuple[Request, int, Subjects], Reach] = {}
        self._alike: dict[tuple[Bounds, tuple[str, ...], str, int, Subjects], Reach] = {}
        """Most audiences admit the same subjects: these are decided once."""

    @classmethod
    def from_document(cls, document: Mapping[str, Any] | str) -> "TrustPolicy":
        """Read a policy from JSON, or from what JSON gives.

        Raises:
            TrustPolicyError: It is no trust policy; the message says why.
        """
        return cls(*read_document(document))

    @cached_property
    def providers(self) -> tuple[str, ...]:
        """The web identity providers that the policy names, sorted; `ANY_PROVIDER` where it may admit others."""
        allows = [statement for statement in self._speaking if statement.allows]
        named = {
            principal.name
            for statement in allows
            for principal in statement.principals
            if principal.kind == "Federated"
            and not {"*", "?"} & set(principal.name)
            and ":saml-provider/" not in principal.name
        }
        request = Request(provider=ANY_PROVIDER)
        anyone = any(judge_principal(statement, request).doubt is Doubt.EVERYONE for statement in allows)
        return (*sorted(named), *self._suspected(named), ANY_PROVIDER) if anyone else tuple(sorted(named))

    def _suspected(self, named: set[str]) -> list[str]:
        """Issuers whose subjects the conditions speak of, though no principal names them."""
        known = {issuer_of(name).lower() for name in named}
        keys = [condition.key.lower() for statement in self.statements for condition in statement.conditions]
        issuers = {key.rpartition(":")[0] for key in keys if key.endswith((":sub", ":aud"))}
        return sorted(issuer for issuer in issuers if "." in issuer.partition("/")[0] and issuer not in known)

    @property
    def variables(self) -> bool:
        """Whether `${…}` in it are variables."""
        return self.version >= _VARIABLES_SINCE

    @cached_property
    def steps(self) -> int:
        """What one question may cost: providers and audiences that make a difference share what a policy may."""
        return STEPS // (max(1, len(self.providers)) * self._audiences)

    @property
    def _audiences(self) -> int:
        """Return how many audiences may differ in whom they admit, as far as the conditions go."""
        pinned: dict[str, set[tuple[str, tuple[str, ...]]]] = {}
        for statement in self._speaking:
            for condition in statement.conditions:
                if condition.key.lower().endswith(":aud"):
                    pinned.setdefault(condition.key.lower(), set()).add((condition.operator, condition.values))
        most = max(map(len, pinned.values()), default=0)
        return max(1, min(MOST_AUDIENCES, (1 << most) - 1))

    def may_assume(self, provider_arn: str, subject: str, audience: str = AUDIENCE) -> Answer:
        """Return whether a token of *provider_arn* with this subject and audience gets the role.

        `depends`: on the rest of the request, or on behaviour that AWS does not document.
        """
        return _answer(self._bounds(Request(provider=provider_arn, audience=audience)), subject)

    def reach(self, provider_arn: str, audience: str = AUDIENCE, subjects: Subjects | None = None) -> Reach:
        """Return all subjects that a token of *provider_arn* can have and get the role.

        Args:
            provider_arn: The ARN of the identity provider.
            audience: The audience of the token.
            subjects: What subjects there can be. Default: service accounts, unless the provider serves others.
        """
        return self._reach(Request(provider=provider_arn, audience=audience), _WHOLE, subjects)

    def reach_of_statement(self, index: int, provider_arn: str, audience: str = AUDIENCE) -> Reach:
        """Return the subjects that one statement speaks of, as if it stood alone (a Deny: the ones it denies)."""
        return self._reach(Request(provider=provider_arn, audience=audience), index, None)

    def is_wider(self, provider_arn: str, audience: str = AUDIENCE) -> bool:
        """Return whether more are admitted through a provider than are named; true where that is undecided."""
        reach = self.reach(provider_arn, audience)
        return not reach.is_decided or reach.beyond(self.named(provider_arn)) is not None

    def takes_any_audience(self, statement: Statement, provider_arn: str) -> bool:
        """Return whether a statement admits somebody whatever the audience, and no Deny takes that back."""
        return not (
            self.reach_of_statement(statement.index, provider_arn, _FOREIGN).is_empty
            or self.reach(provider_arn, _FOREIGN).is_empty
        )

    def why(self, provider_arn: str, subject: str, audience: str = AUDIENCE) -> tuple[Reason, ...]:
        """Say of every statement whether it applies to a subject, and which of its elements decide that."""
        request = Request(provider=provider_arn, audience=audience)
        return tuple(self._reason(statement, request, subject) for statement in self.statements)

    def named(self, provider_arn: str) -> tuple[str, ...]:
        """Return the legal subjects that the policy means by name, sorted.

        They are written out in full: in a condition of an Allow, or as what a Deny leaves out.
        """
        if provider_arn not in self._named:
            self._named[provider_arn] = tuple(self._written(provider_arn))
        return self._named[provider_arn]

    def _written(self, provider_arn: str) -> list[str]:
        request = Request(provider=provider_arn)
        language = self.subjects_for(provider_arn)
        written = (
            name
            for statement in self.statements
            if self.concerns(statement, request)
            for condition in statement.conditions
            if kind_of_key(condition.key, request) is KeyKind.SUBJECT
            for name in _names_in(condition, negated=not statement.allows, variables=self.variables)
        )
        return sorted({name for name in written if language.has(name)})

    def concerns(self, statement: Statement, request: Request) -> bool:
        """Return whether a statement may speak of web identities of the provider."""
        if request not in self._concerned:
            self._concerned[request] = frozenset(
                item.index for item in self._speaking if judge_principal(item, request).bounds != NOBODY
            )
        return statement.index in self._concerned[request]

    @cached_property
    def _speaking(self) -> tuple[Statement, ...]:
        return tuple(statement for statement in self.statements if judge_action(statement))

    def subjects_for(self, provider_arn: str) -> Subjects:
        """Return the language of the subjects that a provider issues, as far as that is known."""
        kind = issuer_kind(provider_arn)
        if kind is not Issuer.OTHER or provider_arn == ANY_PROVIDER:
            return ANY_SUBJECT if kind is Issuer.SHARED else SERVICE_ACCOUNTS
        request = Request(provider=provider_arn)
        values = [
            value
            for statement in self.statements
            for condition in statement.conditions
            if kind_of_key(condition.key, request) is KeyKind.SUBJECT
            for value in condition.values
        ]
        others = bool(values) and not any(value.startswith((PREFIX, "*")) for value in values)
        return ANY_SUBJECT if others else SERVICE_ACCOUNTS

    def judged(self, statement: Statement, request: Request) -> list[tuple[str, Judged]]:
        """Return what every element of a statement lets through."""
        return [
            ("Action", Judged(exactly(judge_action(statement)))),
            ("Principal", judge_principal(statement, request)),
            *(
                (condition.shown, judge_condition(condition, request, variables=self.variables))
                for condition in statement.conditions
            ),
        ]

    def bounds_of_statement(self, statement: Statement, request: Request) -> Bounds:
        """Return the subjects that a statement speaks of."""
        if not self.concerns(statement, request):
            return NOBODY
        return all_of(judged.bounds for _, judged in self.judged(statement, request))

    def _of_statements(self, request: Request) -> tuple[Bounds, ...]:
        if request not in self._known:
            self._known[request] = tuple(self.bounds_of_statement(item, request) for item in self.statements)
        return self._known[request]

    def _bounds(self, request: Request) -> Bounds:
        if request not in self._total:
            pairs = list(zip(self.statements, self._of_statements(request), strict=True))
            allowed = any_of(bounds for statement, bounds in pairs if statement.allows)
            denied = any_of(bounds for statement, bounds in pairs if not statement.allows)
            self._total[request] = all_of((allowed, denied.negated()))
        return self._total[request]

    def _reach(self, request: Request, index: int, subjects: Subjects | None) -> Reach:
        language = subjects or self.subjects_for(request.provider)
        key = (request, index, language)
        if key not in self._reaches:
            self._reaches[key] = self._new_reach(request, index, language)
        return self._reaches[key]

    def _new_reach(self, request: Request, index: int, language: Subjects) -> Reach:
        one = index != _WHOLE
        bounds = self._of_statements(request)[index] if one else self._bounds(request)
        doubts = self._doubts((self.statements[index],) if one else self.statements, request)
        steps = self.steps // self._shares if one else self.steps
        issuer = issuer_of(request.provider)
        key = (bounds, doubts, issuer, steps, language)
        if key not in self._alike:
            self._alike[key] = Reach(bounds, issuer=issuer, subjects=language, depends_on=doubts, steps=steps)
        return self._alike[key]

    @property
    def _shares(self) -> int:
        return max(len(self.statements), 2 * len(self.statements) - _FEW_STATEMENTS)

    def _doubts(self, statements: tuple[Statement, ...], request: Request) -> tuple[str, ...]:
        concerned = (statement for statement in statements if self.concerns(statement, request))
        elements = (pair for statement in concerned for pair in self.judged(statement, request))
        return tuple(sorted({element for element, judged in elements if judged.doubt}))

    def _reason(self, statement: Statement, request: Request, subject: str) -> Reason:
        clauses = tuple(
            Clause(element=element, holds=_answer(judged.bounds, subject), doubt=judged.doubt or "")
            for element, judged in self.judged(statement, request)
        )
        found = {clause.holds for clause in clauses}
        applies: Answer = "no" if "no" in found else "depends" if "depends" in found else "yes"
        return Reason(statement=statement.index, allows=statement.allows, applies=applies, clauses=clauses)


def _answer(bounds: Bounds, subject: str) -> Answer:
    if holds(bounds.surely, subject):
        return "yes"
    return "depends" if holds(bounds.possibly, subject) else "no"


def _names_in(condition: Condition, *, negated: bool, variables: bool) -> list[str]:
    operator = operator_of(condition.operator)
    if operator is None or operator.negated != negated or operator.family in (Family.OTHER, Family.NULL):
        return []
    wildcards = operator.family in (Family.LIKE, Family.ARN)
    texts = [text.lower() if operator.family is Family.FOLDED else text for text in condition.values]
    values = [read_value(text, wildcards=wildcards, variables=variables) for text in texts]
    return [value.glob.literal for value in values if value.glob.literal is not None]
