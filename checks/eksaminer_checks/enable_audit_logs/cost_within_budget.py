"""LOG-11: what the control-plane logs cost, against a budget."""

from collections.abc import Iterator
from decimal import Decimal

from eksaminer.api import (
    Basis,
    Criteria,
    Every,
    Gap,
    GroupCost,
    LogPrices,
    LogVolumes,
    RegionCost,
    Resource,
    Scope,
    Severity,
    Target,
    Text,
    Total,
    Verdict,
    account_cost,
    check,
    conforms,
    deviates,
    monthly,
    not_applicable,
    totals,
    unseen,
)


@check(
    id="LOG-11",
    title="The cost of the control-plane logs is known and within the budget",
    scope=Scope.ACCOUNT,
    severity=Severity.LOW,
    basis=Basis.GUIDE,
    recommendation="enable-audit-logs",
    criterion="The control-plane logs cost no more a month than `monthly_budget` and `monthly_budget_per_cluster` "
    "of the configuration allow. Without a budget the cost is shown and not judged.",
    remediation="See the chapter on cost: it says what each change would save, and what it would take away. "
    "The log types api, controllerManager and scheduler can be left out without losing the audit log.",
    references=("https://aws.amazon.com/cloudwatch/pricing/",),
    texts={
        "LOG-11.informs": "The control-plane logs cost about {amount} {currency} a month; no budget is set.",
        "LOG-11.informs_at_least": "The control-plane logs cost at least {amount} {currency} a month (not all of them "
        "could be measured or priced); no budget is set.",
        "LOG-11.within": "The control-plane logs cost about {amount} {currency} a month; the budget is {budget}.",
        "LOG-11.over": "The control-plane logs cost about {amount} {currency} a month; the budget is {budget}.",
        "LOG-11.over_at_least": "The control-plane logs cost at least {amount} {currency} a month (not all of them "
        "could be measured or priced); the budget is {budget}.",
        "LOG-11.partly": "The control-plane logs cost at least {amount} {currency} a month, the budget is {budget}. "
        "{detail} So whether it holds cannot be said.",
        "LOG-11.cluster": "The log group costs about {amount} {currency} a month; the budget of a cluster is {budget}.",
        "LOG-11.other_currency": "The control-plane logs cost about {amount} {currency} a month; the budget is in "
        "{other}, and is not compared with that.",
        "LOG-11.unknown": "{detail} So what the control-plane logs cost is not known.",
        "LOG-11.nothing": "No log group of a control plane was found where clusters were selected.",
    },
)
def cost_within_budget(
    volumes: Every[LogVolumes], prices: Every[LogPrices], criteria: Criteria, target: Target
) -> Iterator[Verdict]:
    """The guide warns of the cost of audit logs: who does not know it learns it from the bill.

    A log that was switched off to save money costs more than it saved when it is missing.
    """
    regions = account_cost(volumes, prices, criteria)
    gaps = [gap for _, gap in volumes.gaps] + [gap for region in regions for gap in _missing(region)]
    earned = [*_gaps(volumes, prices)]
    yield _account(regions, sorted(gaps, key=lambda gap: gap not in earned), earned, criteria, target)
    if criteria.monthly_budget_per_cluster is not None:
        for region in regions:
            for group in region.groups:
                yield from _cluster(region, group, criteria, target)


def _missing(region: RegionCost) -> list[Gap]:
    return [*region.unpriced, *(item.reason for item in region.unmeasured)]


def _gaps(volumes: Every[LogVolumes], prices: Every[LogPrices]) -> Iterator[Gap]:
    """Give the gaps that stand in the evidence."""
    for _, gap in (*volumes.gaps, *prices.gaps):
        yield gap
    for _, section in volumes.items:
        for group in section.groups:
            if group.too_recent is not None:
                yield group.too_recent
    for _, found in prices.items:
        if found.incomplete is not None:
            yield found.incomplete


def _account(
    regions: tuple[RegionCost, ...], gaps: list[Gap], earned: list[Gap], criteria: Criteria, target: Target
) -> Verdict:
    found = totals(regions, whole=not gaps)
    total = next((item for item in found if item.currency == criteria.budget_currency), next(iter(found), None))
    if total is None:
        return _unknown(gaps, earned, target.resource, criteria.monthly_budget)
    names = {"amount": shown(monthly(total.yearly)), "currency": total.currency}
    if criteria.monthly_budget is None:
        text = Text("LOG-11.informs" if total.complete else "LOG-11.informs_at_least", **names)
        return not_applicable(target.resource, text)
    if total.currency != criteria.budget_currency:
        return not_applicable(target.resource, Text("LOG-11.other_currency", **names, other=criteria.budget_currency))
    return _compared(total, criteria.monthly_budget, gaps, earned, target.resource)


def _compared(total: Total, budget: Decimal, gaps: list[Gap], earned: list[Gap], resource: Resource) -> Verdict:
    amount = monthly(total.yearly)
    names = {"amount": shown(amount), "currency": total.currency, "budget": shown(budget)}
    if amount > budget:
        return deviates(resource, Text("LOG-11.over" if total.complete else "LOG-11.over_at_least", **names))
    if not gaps:
        return conforms(resource, Text("LOG-11.within", **names))
    if earned:
        return unseen(resource, gaps[0] if gaps[0] in earned else earned[0])
    return not_applicable(resource, Text("LOG-11.partly", **names, detail=gaps[0].detail))


def _unknown(gaps: list[Gap], earned: list[Gap], resource: Resource, budget: Decimal | None) -> Verdict:
    if not gaps:
        return not_applicable(resource, Text("LOG-11.nothing"))
    unknown = Text("LOG-11.unknown", detail=gaps[0].detail)
    if budget is None:
        return not_applicable(resource, unknown)
    return unseen(resource, gaps[0]) if gaps[0] in earned else not_applicable(resource, unknown)


def _cluster(region: RegionCost, group: GroupCost, criteria: Criteria, target: Target) -> Iterator[Verdict]:
    arn = f"arn:{target.partition}:logs:{region.region}:{target.account}:log-group:{group.log_group}"
    resource = Resource(type="AWS::Logs::LogGroup", id=arn)
    budget = criteria.monthly_budget_per_cluster
    if budget is None or region.prices is None or region.prices.currency != criteria.budget_currency:
        return
    if group.total is None:
        return
    amount = monthly(group.total)
    text = Text("LOG-11.cluster", amount=shown(amount), currency=region.prices.currency, budget=shown(budget))
    yield deviates(resource, text) if amount > budget else conforms(resource, text)


def shown(amount: Decimal) -> str:
    """Return money with two decimals."""
    return f"{amount:,.2f}"
