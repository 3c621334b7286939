from pathlib import Path
from typing import Any

from tests.checks.rule_cases import every_case, expected_of, fires, found_by_engine

RULE = "admission_policy_changed"


@every_case(RULE)
def test_fires_on_what_it_is_about_and_on_no_near_miss(event: dict[str, Any], hit: bool) -> None:
    assert fires(RULE, event) is hit


def test_the_log_engine_finds_the_same(tmp_path: Path) -> None:
    assert found_by_engine(RULE, tmp_path) == expected_of(RULE)
