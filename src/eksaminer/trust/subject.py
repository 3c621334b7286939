"""What a subject can be: the language of the names that a token may carry.

Both languages are read from left to right by a handful of states. Their length limits are upper bounds of
one part each, so that the shortest way to a state is always the best one: they need no states of their own.
"""

import string
from dataclasses import dataclass

PREFIX = "system:serviceaccount:"
LONGEST_NAMESPACE = 63
LONGEST_NAME = 253
LONGEST_SUBJECT = 255
"""Of a token that is not a service account's (OpenID Connect Core, section 2)."""

ALPHANUMERIC = string.ascii_lowercase + string.digits
_PRINTABLE = "".join(sorted((chr(code) for code in range(0x20, 0x7F)), key=lambda char: (not char.isalnum(), char)))


@dataclass(frozen=True, slots=True)
class Place:
    """A state of the language: what may follow, where it leads, and whether the word may end here."""

    moves: tuple[tuple[str, int], ...]
    ends: bool = False
    first_part: bool = False
    """Before the `:` between the two parts, whose lengths are limited each."""


@dataclass(frozen=True, slots=True)
class Subjects:
    """A language of subjects."""

    prefix: str
    places: tuple[Place, ...]
    """The first is the start, after the prefix."""
    first_limit: int
    last_limit: int

    @property
    def longest(self) -> int:
        """The characters of the longest word, without the prefix."""
        return self.first_limit + 1 + self.last_limit

    def has(self, subject: str) -> bool:
        """Return whether *subject* is a word of the language."""
        place, length = self.places[0], 0
        for char in subject.removeprefix(self.prefix):
            target = next((self.places[number] for chars, number in place.moves if char in chars), None)
            if target is None:
                return False
            length = length + 1 if target.first_part == place.first_part else 0
            if length > (self.first_limit if target.first_part else self.last_limit):
                return False
            place = target
        return subject.startswith(self.prefix) and place.ends


SERVICE_ACCOUNTS = Subjects(
    prefix=PREFIX,
    places=(
        Place(moves=((ALPHANUMERIC, 1),), first_part=True),
        Place(moves=((ALPHANUMERIC, 1), ("-", 2), (":", 3)), first_part=True),
        Place(moves=((ALPHANUMERIC, 1), ("-", 2)), first_part=True),
        Place(moves=((ALPHANUMERIC, 4),)),
        Place(moves=((ALPHANUMERIC, 4), ("-", 5), (".", 3)), ends=True),
        Place(moves=((ALPHANUMERIC, 4), ("-", 5))),
    ),
    first_limit=LONGEST_NAMESPACE,
    last_limit=LONGEST_NAME,
)
"""`system:serviceaccount:NAMESPACE:NAME`: a DNS-1123 label and a DNS-1123 subdomain."""

ANY_SUBJECT = Subjects(
    prefix="",
    places=(Place(moves=((_PRINTABLE, 1),)), Place(moves=((_PRINTABLE, 1),), ends=True)),
    first_limit=0,
    last_limit=LONGEST_SUBJECT,
)
"""Any printable ASCII text: what identity providers other than clusters may issue."""


def subject_of(namespace: str, name: str) -> str:
    """Return the subject of a service account."""
    return f"{PREFIX}{namespace}:{name}"


def parts(subject: str) -> tuple[str, str] | None:
    """Return namespace and name of a service account's subject; None if no service account can have it."""
    if not SERVICE_ACCOUNTS.has(subject):
        return None
    namespace, _, name = subject.removeprefix(PREFIX).partition(":")
    return namespace, name


def shown(subject: str) -> str:
    """Return `namespace/name` of a service account, any other subject as it is."""
    known = parts(subject)
    return f"{known[0]}/{known[1]}" if known else subject
