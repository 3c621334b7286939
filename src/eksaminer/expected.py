"""Which hits of a rule are expected: by lists of actors, by lists of values, or by an earlier period."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network

from eksaminer.criteria import Criteria
from eksaminer.evidence.scan import Baseline, Compared, Hit, HitGroup, RuleResult
from eksaminer.gap import Gap


class Expectations:
    """What is expected of the hits of one rule."""

    def __init__(self, result: RuleResult, criteria: Criteria, baseline: Baseline | None) -> None:
        self._rule = result.rule
        self._compared = result.compared
        self._criteria = criteria
        self._entries = criteria.allow.get(result.rule, ())
        self._known = None if baseline is None else baseline.terms(result.rule, result.logic)

    def takes(self, item: HitGroup | Hit) -> bool:
        """Tell whether *item* is expected: it is counted, and makes no finding."""
        source = item.source if isinstance(item, HitGroup) else next(iter(item.source_ips), "")
        match self._compared:
            case Compared.ACTORS:
                return self._criteria.expects(self._rule, item.actor, item.user)
            case Compared.SOURCES:
                return on_list(source, self._entries) or self._criteria.expects(self._rule, item.actor, item.user)
            case Compared.VALUES:
                listed = bool(item.terms) and all(on_list(term, self._entries) for term in item.terms)
                return listed or self._criteria.known(self._rule, item.actor, item.user)
            case Compared.NAMED:
                return not any(on_list(term, self._entries) for term in item.terms)
            case Compared.NEW:
                if self._known is None or isinstance(self._known, Gap):
                    # There is nothing to compare with: the rule is not assessed, and no hit of it stands for anything.
                    return True
                return item.terms in self._known or self._criteria.expects(self._rule, item.actor, item.user)


def on_list(value: str, entries: Sequence[str]) -> bool:
    """Tell whether *value* is one of *entries*: texts, patterns with `*`, or networks of addresses."""
    return any(value == entry or fnmatchcase(value, entry) or _inside(value, entry) for entry in entries)


def _inside(value: str, network: str) -> bool:
    if "/" not in network:
        return False
    try:
        return ip_address(value) in ip_network(network, strict=False)
    except ValueError:
        return False
