"""Who can assume a role: a set of service accounts, with an example and a sentence."""

from collections.abc import Iterable
from enum import StrEnum
from functools import cached_property
from itertools import islice

from eksaminer.trust.condition import Bounds
from eksaminer.trust.formula import both, matching, negated, without
from eksaminer.trust.glob import read_value
from eksaminer.trust.language import STEPS, Language
from eksaminer.trust.subject import PREFIX, SERVICE_ACCOUNTS, Subjects, shown

SMALL = 256
"""So many subjects are listed one by one."""
_NAMESPACES = 16
_NAMED_IN_SENTENCE = 5
_STEPS_FOR_DETAIL = 20_000


class Width(StrEnum):
    """How many service accounts a policy admits, from nobody to everyone."""

    NOBODY = "nobody"
    NAMED = "named"
    """A list that the patterns bound."""
    NAMESPACE = "namespace"
    """Without a list of names, in a few namespaces that are known by name."""
    NAMESPACES = "namespaces"
    """Without a list of namespaces."""
    EVERYONE = "everyone"
    UNDECIDED = "undecided"
    """Too complex to decide exactly: to be read as everyone."""


class Reach:
    """The subjects that may assume a role through one identity provider.

    Everything it says is of the subjects that are *possibly* admitted; `surely` is the same of those that
    are admitted whatever the rest of the request is.
    """

    def __init__(
        self,
        bounds: Bounds,
        *,
        issuer: str,
        subjects: Subjects = SERVICE_ACCOUNTS,
        depends_on: tuple[str, ...] = (),
        steps: int = STEPS,
    ) -> None:
        self._bounds = bounds
        self._issuer = issuer
        self._subjects = subjects
        self._steps = steps
        self._language = Language(bounds.possibly, subjects, steps)
        self.depends_on = depends_on
        """What is not known of the request, or of AWS, and could make a difference."""

    @cached_property
    def surely(self) -> "Reach":
        """The subjects that are admitted whatever a token does not tell."""
        bounds = Bounds(self._bounds.surely, self._bounds.surely)
        return Reach(bounds, issuer=self._issuer, subjects=self._subjects, steps=self._steps)

    @property
    def is_decided(self) -> bool:
        """False: the policy is too complex to decide exactly, and nobody should rely on it."""
        return self._language.is_decided

    @property
    def is_empty(self) -> bool:
        """Whether nobody is admitted; False where that is not decided."""
        return self._language.is_empty

    @property
    def is_finite(self) -> bool:
        """Whether the patterns leave a bounded list, not just the longest name that Kubernetes takes."""
        return self._language.is_finite

    @cached_property
    def is_everyone(self) -> bool:
        """Whether every legal subject is admitted."""
        return Language(negated(self._bounds.possibly), self._subjects, self._steps).is_empty

    @cached_property
    def is_certain(self) -> bool:
        """Whether all that are possibly admitted are surely admitted."""
        if self._bounds.possibly == self._bounds.surely:
            return True
        return Language(without(self._bounds.possibly, self._bounds.surely), self._subjects, self._steps).is_empty

    @cached_property
    def subjects(self) -> tuple[str, ...] | None:
        """The subjects, sorted; None: there are more than `SMALL`, or not finitely many."""
        if not self.is_finite:
            return None
        found = list(islice(self._language.words(), SMALL + 1))
        return tuple(sorted(found)) if len(found) <= SMALL else None

    @cached_property
    def namespaces(self) -> tuple[str, ...] | None:
        """The namespaces of all subjects, sorted; None: many, without end, or not decided."""
        return self._language.first_parts(_NAMESPACES)

    def __contains__(self, subject: str) -> bool:
        return self._language.has(subject)

    def witness(self) -> str | None:
        """Return the shortest subject that is admitted; None as for `beyond`."""
        return next(self._language.words(), None)

    def some(self, most: int) -> tuple[str, ...]:
        """Return up to *most* subjects that are admitted, the shortest first."""
        return tuple(islice(self._language.words(), most))

    def beyond(self, names: Iterable[str]) -> str | None:
        """Return the shortest legal subject that is admitted besides *names*.

        Where `is_decided` is False: one that is known to be admitted; None means only that none was found.
        """
        known = frozenset(names)
        return next((word for word in self._language.words() if word not in known), None)

    def within(self, pattern: str) -> "Reach":
        """Return the part of the reach that matches *pattern* (`*`, `?`)."""
        part = matching([read_value(pattern, wildcards=True).glob])
        bounds = Bounds(both((self._bounds.surely, part)), both((self._bounds.possibly, part)))
        return Reach(
            bounds, issuer=self._issuer, subjects=self._subjects, depends_on=self.depends_on, steps=self._steps
        )

    @cached_property
    def width(self) -> Width:
        """How wide the reach is."""
        if not self.is_decided:
            return Width.UNDECIDED
        if self.is_empty:
            return Width.NOBODY
        if self.is_everyone:
            return Width.EVERYONE
        if self.is_finite:
            return Width.NAMED
        service_accounts = self._subjects is SERVICE_ACCOUNTS
        return Width.NAMESPACE if service_accounts and self.namespaces else Width.NAMESPACES

    def describe(self, *, denied: bool = False) -> str:
        """Say in one sentence who can assume the role; *denied*: whom a Deny refuses it."""
        if self.width is Width.UNDECIDED:
            who, worst = ("Whom this refuses", "nobody") if denied else ("Who can assume the role", "everyone")
            return f"{who} through {self._issuer} is too complex to decide exactly: it has to be taken for {worst}."
        if self.width is Width.NOBODY:
            return f"No {self._noun(1)} of {self._issuer} {'is refused' if denied else 'can assume'} the role."
        return f"{self._who()} {self._can(denied=denied)}{self._examples()}."

    def _noun(self, number: int) -> str:
        noun = "service account" if self._subjects is SERVICE_ACCOUNTS else "subject"
        return noun if number == 1 else f"{noun}s"

    def _who(self) -> str:
        if self.width is Width.EVERYONE:
            return f"Every {self._noun(1)} of {self._issuer}"
        if self.width is Width.NAMED:
            number = len(self.subjects) if self.subjects else 0
            count = f"Exactly {number}" if number else f"More than {SMALL}"
            return f"{count} {self._noun(number)} of {self._issuer}"
        if self.width is Width.NAMESPACES:
            where = "in namespaces that are not named" if self._subjects is SERVICE_ACCOUNTS else "beyond a fixed list"
            return f"{self._noun(2).capitalize()} of {self._issuer} {where}"
        return self._of_namespaces()

    def _of_namespaces(self) -> str:
        names = self.namespaces or ()
        where = f"the namespace{'s' if len(names) > 1 else ''} {', '.join(names)} of {self._issuer}"
        inside = matching(read_value(f"{PREFIX}{name}:*", wildcards=True).glob for name in names)
        rest = Language(without(inside, self._bounds.possibly), self._subjects, min(self._steps, _STEPS_FOR_DETAIL))
        return (
            f"Every service account in {where}" if rest.is_empty else f"Service accounts beyond a fixed list in {where}"
        )

    def _can(self, *, denied: bool) -> str:
        if self.is_certain:
            return "would be refused the role" if denied else "can assume the role"
        doubts = f" ({', '.join(self.depends_on)})" if self.depends_on else ""
        able = "might be refused the role" if denied else "may be able to assume the role"
        return f"{able}, depending on what the token does not tell{doubts}"

    def _examples(self) -> str:
        if self.width is not Width.NAMED or not self.subjects:
            return f", for example {shown(self.witness() or '')}"
        names = [shown(subject) for subject in self.subjects[:_NAMED_IN_SENTENCE]]
        more = len(self.subjects) - len(names)
        return f": {', '.join(names)}" + (f" and {more} more" if more else "")
