from tests.checks.judging import findings
from tests.samples import logging

from eksaminer.criteria import Criteria
from eksaminer.outcome import Level
from eksaminer_checks.enable_audit_logs.other_log_types_enabled import other_log_types_enabled


def by_aspect(*enabled: str, criteria: Criteria | None = None) -> dict[str, str]:
    found = findings(other_log_types_enabled, logging(*enabled), criteria=criteria)
    return {finding.aspect: finding.status.value for finding in found}


def test_gives_one_verdict_for_each_type_but_audit() -> None:
    assert set(by_aspect("audit")) == {"api", "authenticator", "controllerManager", "scheduler"}


def test_a_missing_authenticator_log_is_for_review_and_the_others_inform() -> None:
    assert by_aspect("audit") == {
        "api": "not_applicable",
        "authenticator": "review",
        "controllerManager": "not_applicable",
        "scheduler": "not_applicable",
    }


def test_criteria_can_require_all_types() -> None:
    criteria = Criteria(levels={"LOG-02": Level.REQUIRED})

    assert by_aspect("audit", "api", criteria=criteria) == {
        "api": "pass",
        "authenticator": "fail",
        "controllerManager": "fail",
        "scheduler": "fail",
    }


def test_criteria_can_require_one_type() -> None:
    criteria = Criteria(levels={"LOG-02.scheduler": Level.REQUIRED})

    assert by_aspect("audit", criteria=criteria)["scheduler"] == "fail"
    assert by_aspect("audit", criteria=criteria)["api"] == "not_applicable"
