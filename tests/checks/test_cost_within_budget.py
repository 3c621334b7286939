"""LOG-11: the cost against a budget."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.checks.judging import findings
from tests.samples import DENIED, GB, prices, sheet, volume, volumes

from eksaminer.criteria import Criteria
from eksaminer.evidence.cost import LogPrices, LogVolumes
from eksaminer.findings import Finding
from eksaminer.gap import Cause, Gap
from eksaminer.outcome import Status
from eksaminer_checks.enable_audit_logs.cost_within_budget import cost_within_budget

TOO_RECENT = Gap(cause=Cause.TOO_RECENT, detail="Too young.")
INCOMPLETE = Gap(cause=Cause.NOT_OBSERVABLE, detail="No price of storage.")
YOUNG = volume("new", daily=(None,) * 30, too_recent=TOO_RECENT)
HALF_PRICED = prices(sheet=sheet(storage=None), incomplete=INCOMPLETE)
"""1592.80 a year, as worked out in tests/cost, is 132.73 a month; 110.83 without the storage."""


def judged(*sections: Any, **criteria: Any) -> tuple[Finding, ...]:
    return findings(cost_within_budget, *sections, criteria=Criteria(**criteria))


OTHER = (prices(sheet=sheet(currency="CNY")),)
HALF = (HALF_PRICED,)
FAIL, PASS, UNSEEN, SHOWN = Status.FAIL, Status.PASS, Status.NOT_ASSESSED, Status.NOT_APPLICABLE
CASES = [
    pytest.param((), "132.73", FAIL, "about 132.73 USD a month; the budget is 132.73", id="just over"),
    pytest.param((), "132.74", PASS, "about 132.73 USD a month; the budget is 132.74", id="just within"),
    pytest.param((), None, SHOWN, "about 132.73 USD a month; no budget", id="no budget"),
    pytest.param(HALF, "110", FAIL, "at least 110.83", id="the known part is over"),
    pytest.param(HALF, "111", UNSEEN, "No price of storage", id="the known part is within"),
    pytest.param(HALF, None, SHOWN, "at least 110.83", id="partly priced, no budget"),
    pytest.param((volumes(volume(), YOUNG),), "9999", UNSEEN, "Too young", id="a young group"),
    pytest.param(OTHER, "1", SHOWN, "not compared", id="another currency"),
    pytest.param((volumes(groups=()),), "1", SHOWN, "No log group", id="no log group"),
]


@pytest.mark.parametrize(("sections", "budget", "status", "said"), CASES)
def test_judges_the_account(sections: tuple[Any, ...], budget: str | None, status: Status, said: str) -> None:
    (finding,) = judged(*sections, monthly_budget=None if budget is None else Decimal(budget))

    assert finding.status is status
    assert said in finding.text


@pytest.mark.parametrize("kind", [LogVolumes, LogPrices])
def test_what_may_not_be_read_is_not_assessed_where_there_is_a_budget(kind: type[LogVolumes | LogPrices]) -> None:
    (finding,) = findings(cost_within_budget, gaps={kind: DENIED}, criteria=Criteria(monthly_budget=Decimal(1)))

    assert finding.cause is not None
    assert finding.cause.permission == "x:Y"


@pytest.mark.parametrize("kind", [LogVolumes, LogPrices])
def test_without_a_budget_what_may_not_be_read_is_said(kind: type[LogVolumes | LogPrices]) -> None:
    (finding,) = findings(cost_within_budget, gaps={kind: DENIED})

    assert finding.status is Status.NOT_APPLICABLE
    assert "Access was denied" in finding.text


def test_negotiated_prices_take_the_place_of_those_of_aws() -> None:
    cheap = sheet(origin="file", storage=sheet().scan)

    (finding,) = judged(prices=(cheap,))

    # 1330 + 219 GB x 0.01 x 12 = 1356.28 a year.
    assert "113.02 USD" in finding.text


def test_negotiated_prices_that_are_not_complete_decide_nothing() -> None:
    own = sheet(origin="file", storage=None)

    (finding,) = judged(prices=(own,), monthly_budget=Decimal(111))

    assert finding.status is Status.NOT_APPLICABLE
    assert "cannot be said" in finding.text


def test_each_cluster_is_held_to_its_own_budget() -> None:
    both = volumes(volume("small", daily=(GB,) * 30), volume("large", daily=(3 * GB,) * 30))

    account, *clusters = judged(both, monthly_budget_per_cluster=Decimal(50))

    assert account.status is Status.NOT_APPLICABLE
    assert {item.resource.id.rpartition(":")[2]: item.status for item in clusters} == {
        "/aws/eks/large/cluster": Status.FAIL,
        "/aws/eks/small/cluster": Status.PASS,
    }
