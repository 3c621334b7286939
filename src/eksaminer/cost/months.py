"""Calendar months: prices and tiers begin anew with each, and February is shorter."""

from calendar import monthrange
from datetime import date, datetime

from eksaminer.record import Record

YEAR = 12


class Month(Record, frozen=True, order=True, kw_only=True):
    """A calendar month."""

    year: int
    month: int

    @property
    def days(self) -> int:
        """How many days it has."""
        return monthrange(self.year, self.month)[1]

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def following(self) -> "Month":
        """The next month."""
        return Month(year=self.year + self.month // YEAR, month=self.month % YEAR + 1)


def months_after(moment: datetime, count: int = YEAR) -> tuple[Month, ...]:
    """Return the *count* whole calendar months that follow the month of *moment*."""
    found = [Month(year=moment.year, month=moment.month).following]
    while len(found) < count:
        found.append(found[-1].following)
    return tuple(found)
