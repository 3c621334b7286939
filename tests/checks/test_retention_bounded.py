import pytest
from tests.checks.judging import statuses
from tests.samples import group

from eksaminer.criteria import Criteria
from eksaminer.outcome import Level
from eksaminer_checks.enable_audit_logs.retention_bounded import retention_bounded


@pytest.mark.parametrize(
    ("days", "limit", "status"),
    [
        pytest.param(365, None, "pass", id="bounded"),
        pytest.param(None, None, "review", id="never expires"),
        pytest.param(None, 400, "fail", id="never expires, and a limit is set"),
        pytest.param(400, 400, "pass", id="exactly at the limit"),
        pytest.param(545, 400, "fail", id="above the limit"),
    ],
)
def test_judges_by_retention_and_limit(days: int | None, limit: int | None, status: str) -> None:
    criteria = Criteria(maximum_retention_days=limit)

    assert statuses(retention_bounded, group(retention_days=days), criteria=criteria) == [status]


def test_criteria_can_lower_the_level_of_the_limit() -> None:
    criteria = Criteria(maximum_retention_days=400, levels={"LOG-05": Level.ADVISED})

    assert statuses(retention_bounded, group(retention_days=None), criteria=criteria) == ["review"]
