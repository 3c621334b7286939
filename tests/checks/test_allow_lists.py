"""The named lists of expected actors, which rules refer to."""

from pathlib import Path

import pytest
import yaml

from eksaminer.detection import Rule, load_rules

CHECKS = Path(__file__).parents[2] / "checks" / "eksaminer_checks"
LISTS: dict[str, list[str]] = yaml.safe_load((CHECKS / "allow_lists.yml").read_text(encoding="utf-8"))
RULES = load_rules(CHECKS)[0]
PARTS = ("eks-control-plane", "nodes", "eks-addons")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_names_lists_that_exist(rule: Rule) -> None:
    assert set(rule.allow) <= set(LISTS)


@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_used_and_names_each_actor_once(name: str) -> None:
    assert name in PARTS or any(name in rule.allow for rule in RULES)
    assert len(set(LISTS[name])) == len(LISTS[name])


@pytest.mark.parametrize("name", LISTS)
def test_no_pattern_covers_more_than_one_namespace_or_prefix(name: str) -> None:
    for pattern in LISTS[name]:
        literal = pattern.partition("*")[0]

        assert literal.startswith(("system:", "eks:", "eks-event-service:"))
        assert literal not in {"system:", "system:serviceaccount:"}


def test_the_list_of_all_that_eks_runs_is_the_sum_of_its_parts() -> None:
    assert LISTS["eks-system"] == [actor for part in PARTS for actor in LISTS[part]]


def test_nobody_is_expected_to_change_who_may_enter() -> None:
    rules = {rule.id: rule for rule in RULES}

    assert rules["EKS-AWS-AUTH"].allow == ()
