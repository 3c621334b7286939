"""The criteria in force: levels, thresholds and allow-lists, each with who set it."""

from collections.abc import Mapping
from decimal import Decimal
from fnmatch import fnmatchcase
from types import MappingProxyType

from msgspec import field

from eksaminer.evidence.cost import PriceSheet
from eksaminer.outcome import Level
from eksaminer.record import Record

TOOL_DEFAULT = "tool default"


class Criteria(Record, frozen=True, kw_only=True):
    """What the judgement measures by. Part of what is hashed; printed in every report."""

    minimum_retention_days: int = 90
    """LOG-04: how long the audit log must be kept."""
    maximum_retention_days: int | None = None
    """LOG-05: no event may be kept longer; None: no such requirement."""
    require_customer_managed_key: bool = False
    """LOG-06: the log group must be encrypted with a key of the customer."""
    late_after_hours: int = 3
    """LOG-03: an audit event this old is late (REVIEW)."""
    stale_after_hours: int = 24
    """LOG-03, CT-01: an event or delivery this old means that delivery has stopped (FAIL)."""
    monthly_budget: Decimal | None = None
    """LOG-11: what the control-plane logs of all clusters may cost a month; None: no budget, the cost informs."""
    monthly_budget_per_cluster: Decimal | None = None
    """LOG-11: what those of one cluster may cost a month."""
    budget_currency: str = "USD"
    """The currency of the budgets; prices in another one are not compared with them."""
    gap_minutes: int = 5
    """LOG-10, rules: a span of this length without any audit event is a gap (REVIEW)."""
    long_gap_minutes: int = 60
    """LOG-10: a gap of this length is a FAIL."""
    levels: dict[str, Level] = field(default_factory=dict[str, Level])
    """Levels by check id, or by check id and aspect (`LOG-02.api`), where they differ from the check's own."""
    allow: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """What a rule or check expects, by its catalogue id; `*` stands for any characters. Actors (or user names); for a
    rule that needs a list, what the rule is about: images, names of nodes or namespaces, addresses and networks."""
    expected: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Actors that the packs themselves expect, from the allow-lists that a rule names; else like `allow`."""
    framework: str = ""
    """The framework that sets the retention, by its name in `--framework`; empty: none."""
    prices: tuple[PriceSheet, ...] = ()
    """Negotiated prices by region (`--prices`); they take the place of those of AWS."""
    origins: dict[str, str] = field(default_factory=dict[str, str])
    """Who set a value, by its name (`minimum_retention_days`, `levels.LOG-02.api`); absent: tool default."""

    def origin(self, name: str) -> str:
        """Return who set the value *name*."""
        return self.origins.get(name, TOOL_DEFAULT)

    def expects(self, rule: str, actor: str, user: str = "") -> bool:
        """Whether *actor*, or its *user* name, is on a list of *rule*; `*` in an entry stands for anything."""
        return self.known(rule, actor, user) or _any_of((actor, user or actor), self.allow.get(rule, ()))

    def known(self, rule: str, actor: str, user: str = "") -> bool:
        """Whether *actor*, or its *user* name, is on a list of the packs for *rule*."""
        return _any_of((actor, user or actor), self.expected.get(rule, ()))

    def level(
        self, check: str, aspect: str, default: Level, verdict: Level | None, aspects: Mapping[str, Level]
    ) -> Level:
        """Return the level in force for one verdict.

        A level that criteria set for the aspect or the check replaces the check's own default. The level of
        a verdict (a milder threshold was crossed) is never raised, but may be lowered, by criteria.
        """
        asked = self.levels.get(f"{check}.{aspect}", self.levels.get(check)) if aspect else self.levels.get(check)
        if asked is None:
            return verdict or aspects.get(aspect, default)
        if verdict is None:
            return asked
        return min(asked, verdict, key=lambda level: level.rank)


def _any_of(names: tuple[str, ...], entries: tuple[str, ...]) -> bool:
    return any(name == entry or fnmatchcase(name, entry) for entry in entries for name in names)


NO_ASPECTS: Mapping[str, Level] = MappingProxyType({})
