import pytest
from tests.checks.judging import findings, statuses
from tests.samples import DENIED, group, key

from eksaminer.criteria import Criteria
from eksaminer.evidence.log_group import AuditLogKey
from eksaminer_checks.enable_audit_logs.audit_log_encrypted import audit_log_encrypted

REQUIRED = Criteria(require_customer_managed_key=True)


@pytest.mark.parametrize(
    ("kms_key", "state", "manager", "criteria", "status"),
    [
        pytest.param("", "", "", Criteria(), "pass", id="AWS-owned key"),
        pytest.param("", "", "", REQUIRED, "fail", id="AWS-owned key where a customer's is required"),
        pytest.param("k", "Enabled", "CUSTOMER", REQUIRED, "pass", id="customer managed"),
        pytest.param("k", "Enabled", "AWS", REQUIRED, "fail", id="AWS managed where a customer's is required"),
        pytest.param("k", "Enabled", "AWS", Criteria(), "pass", id="AWS managed"),
        pytest.param("k", "Disabled", "CUSTOMER", Criteria(), "fail", id="disabled"),
        pytest.param("k", "PendingDeletion", "CUSTOMER", Criteria(), "fail", id="pending deletion"),
    ],
)
def test_judges_key_and_state(kms_key: str, state: str, manager: str, criteria: Criteria, status: str) -> None:
    sections = group(kms_key=kms_key), key(arn=kms_key, state=state, manager=manager)

    assert statuses(audit_log_encrypted, *sections, criteria=criteria) == [status]


def test_an_unusable_key_is_of_high_severity() -> None:
    (finding,) = findings(audit_log_encrypted, key(state="Disabled"))

    assert finding.severity == "high"


def test_a_key_that_could_not_be_read_is_not_assessed() -> None:
    assert statuses(audit_log_encrypted, gaps={AuditLogKey: DENIED}) == ["not_assessed"]


def test_without_a_key_nothing_had_to_be_read() -> None:
    assert statuses(audit_log_encrypted, group(kms_key=""), gaps={AuditLogKey: DENIED}) == ["pass"]
