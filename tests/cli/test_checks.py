"""`eksaminer checks`: the catalogue in the terminal and as data."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eksaminer.catalogue import Catalogue, catalogue
from eksaminer.cli import cli
from eksaminer.cli.catalogue import as_page, as_table, blind_page, entry_data
from eksaminer.registry import Loaded

RULE = """\
title: A namespace was removed
id: 7a2f3a7e-1f6b-4a0f-a3a5-5a4e1b7d2c63
logsource: {product: kubernetes, service: audit}
detection:
  removed: {objectRef.resource: namespaces, verb: delete}
  condition: removed
level: medium
"""


@pytest.fixture(scope="module")
def known(loaded: Loaded) -> Catalogue:
    return catalogue(loaded)


def page(known: Catalogue, name: str, width: int = 100) -> str:
    return as_page(next(entry for entry in known.entries if entry.check.id == name), width)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["checks", *arguments], env={"NO_COLOR": "1"})
    return result.exit_code, result.output


def test_a_rule_shows_its_logic_an_event_that_fires_and_a_near_miss(known: Catalogue) -> None:
    text = page(known, "CM-DNS")

    assert "- name is coredns, coredns-custom or kube-dns\n" in text
    assert "- outcome is none of failed or refused\n" in text
    assert "Fires\n" in text
    assert "- objectRef.name: coredns\n" in text
    assert "Near miss\n" in text
    assert "near misses: " in text
    assert "- eks-control-plane: system:apiserver, " in text


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "AUTH-DENIED-BURST-IP",
            "Within 30 minutes, 10 or more requests of the same source address match all of this:",
        ),
        ("SEC-BURST", "Within 30 minutes, requests of the same user have 15 or more different values of name, and"),
        ("RBAC-THEN-WORKLOAD", "Within 5 minutes, requests of the same user match all of these, in this order:"),
        ("RECON-ENDPOINT-ENUM-ANON", "have 6 or more different values of path"),
    ],
)
def test_a_rule_over_several_events_says_what_is_counted(known: Catalogue, name: str, sentence: str) -> None:
    assert sentence in " ".join(page(known, name).split())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SEC-LIST", "a hit is        counted"),
        ("AUTH-ANON-ALLOWED", "a hit is        evidence of META-02"),
        ("AUTH-ANON-GRANT", "a hit is        fail"),
    ],
)
def test_a_rule_says_what_a_hit_becomes(known: Catalogue, name: str, words: str) -> None:
    assert words in page(known, name)


def test_a_check_says_what_it_needs_and_what_it_can_say(known: Catalogue) -> None:
    text = page(known, "LOG-04")

    words = " ".join(text.split())
    assert "evidence audit_log_group (config), retention_policies (config), " in words
    assert "permissions logs:DescribeAccountPolicies, logs:DescribeLogGroups, " in words
    assert "- Events never expire; {asked} are required ({origin}). " in words


@pytest.mark.parametrize("width", [60, 80, 200])
def test_pages_and_the_table_keep_to_the_width(known: Catalogue, width: int) -> None:
    for entry in known.entries:
        shown = as_page(entry, width).split("```")[::2]
        lines = [line for part in shown for line in part.splitlines() if " " in line.strip()]
        words = max((len(word) for line in lines for word in line.split()), default=0)

        assert all(len(line) <= max(width, words + 8) for line in lines if not line.startswith("  aws "))
    assert max(map(len, as_table([entry.check for entry in known.entries], width).splitlines())) <= max(width, 110)


def test_what_the_log_cannot_show_can_be_looked_up(known: Catalogue) -> None:
    spot = next(spot for spot in known.blind if spot.id == "EVT-DELETED")

    assert "The audit log of EKS cannot show it; there is no rule." in blind_page(spot, 80)


def test_everything_is_data_too(known: Catalogue) -> None:
    data: dict[str, dict[str, Any]] = {entry.check.id: json.loads(entry_data(entry)) for entry in known.entries}

    assert data["SEC-BURST"]["examples"]["fires"]["events"] == 15
    assert data["LOG-04"]["permissions"]
    assert {one["id"] for one in data.values() if one["rule_class"] and one["examples"] is None} == set()


def test_the_command_shows_rules_of_the_user_by_their_uuid(tmp_path: Path) -> None:
    (tmp_path / "rule.yml").write_text(RULE)
    (tmp_path / "rule.cases.json").write_text("nonsense")
    code, output = run("show", "7a2f3a7e-1f6b-4a0f-a3a5-5a4e1b7d2c63", "--rules", str(tmp_path))

    assert code == 0
    assert "- resource is namespaces\n  - verb is delete\n" in output
    assert "Fires" not in output


def test_the_command_gives_json() -> None:
    assert json.loads(run("show", "cm-credentials", "--json")[1])["rule_class"] == "impossible"


def test_an_unknown_name_is_wrong_usage_with_a_suggestion() -> None:
    result = CliRunner().invoke(cli, ["checks", "show", "CM-CREDENTIAL"])

    assert result.exit_code == 2
    assert result.stderr == "eksaminer: There is no check 'CM-CREDENTIAL'.\nDid you mean CM-CREDENTIALS?\n"
