import pytest
from tests.checks.judging import findings, statuses
from tests.samples import group

from eksaminer_checks.enable_audit_logs.log_class_sufficient import log_class_sufficient


@pytest.mark.parametrize(
    ("log_class", "status"),
    [("STANDARD", "pass"), ("INFREQUENT_ACCESS", "review"), ("DELIVERY", "review"), ("ESSENTIALS", "review")],
)
def test_only_standard_allows_all(log_class: str, status: str) -> None:
    assert statuses(log_class_sufficient, group(log_class=log_class)) == [status]


def test_says_that_the_abilities_of_a_new_class_are_not_known() -> None:
    (finding,) = findings(log_class_sufficient, group(log_class="ESSENTIALS"))

    assert "not known to this version" in finding.text
