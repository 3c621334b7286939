import pytest
from tests.checks.judging import findings, statuses
from tests.samples import logging

from eksaminer_checks.enable_audit_logs.audit_log_enabled import audit_log_enabled


@pytest.mark.parametrize(
    ("enabled", "status"),
    [
        pytest.param(("audit",), "pass", id="audit alone"),
        pytest.param(("api", "audit", "authenticator"), "pass", id="among others"),
        pytest.param(("api", "authenticator"), "fail", id="all but audit"),
        pytest.param(("Audit",), "fail", id="names are exact"),
    ],
)
def test_judges_by_the_enabled_types(enabled: tuple[str, ...], status: str) -> None:
    assert statuses(audit_log_enabled, logging(*enabled)) == [status]


def test_gives_a_command_that_names_cluster_and_region() -> None:
    (finding,) = findings(audit_log_enabled, logging("api"))

    assert "--region eu-central-1 --name demo" in finding.command
    assert '"types":["audit"]' in finding.command
