"""`eksaminer trust ROLE_ARN`: the trust policy is read from AWS."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner, Result

from eksaminer.cli.trust import command
from eksaminer.collect.errors import SelectionError
from eksaminer.demo.account import demo_account
from eksaminer.demo.emulator import Emulator
from eksaminer.errors import EksaminerError

AS_OF_THE_PROGRAM: dict[str, Any] = {"help_option_names": ["-h", "--help"]}
"""click keeps the help option of the first call for all that follow."""
ROLE = "arn:aws:iam::111122223333:role"


def run(arn: str) -> Result:
    return CliRunner().invoke(command, [arn], standalone_mode=False, **AS_OF_THE_PROGRAM)


@pytest.fixture(autouse=True)
def demo(emulator: Emulator) -> None:
    emulator.load(demo_account(emulator.now), emulator.now)


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        pytest.param("prod-good-fluent-bit", 0, "Exactly 1 service account", id="exact"),
        pytest.param("prod-attacked-ci", 1, "Every service account", id="open to everyone"),
        pytest.param("PlatformAdmin", 0, "No statement lets a web identity", id="no web identity"),
    ],
)
def test_judges_the_trust_policy_that_the_role_has_now(name: str, code: int, said: str, emulator: Emulator) -> None:
    result = run(f"{ROLE}/{name}")

    assert (result.exception, result.return_value) == (None, code)
    assert said in result.stdout
    assert emulator.actions == ("iam:GetRole",)


def test_a_role_that_does_not_exist_is_said_in_one_sentence() -> None:
    error = run(f"{ROLE}/nobody").exception

    assert isinstance(error, EksaminerError)
    assert error.exit_code == 4
    assert "does not exist" in str(error)


def test_a_role_of_another_account_is_not_taken_for_one_of_this() -> None:
    error = run("arn:aws:iam::444455556666:role/prod-attacked-ci").exception

    assert isinstance(error, SelectionError)
    assert "The credentials lead to the role" in str(error)


def test_a_denial_names_the_permission(emulator: Emulator) -> None:
    emulator.deny("iam:GetRole")

    error = run(f"{ROLE}/prod-attacked-ci").exception

    assert isinstance(error, EksaminerError)
    assert "iam:GetRole was denied" in str(error)
