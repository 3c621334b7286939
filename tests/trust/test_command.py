"""`eksaminer trust`, in-process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner, Result
from tests.trust.catalogue import APP, CASES, allow, pinned, policy, sa
from tests.trust.generate import ISSUER, PROVIDER

from eksaminer.cli.trust import command
from eksaminer.errors import InputError

AS_OF_THE_PROGRAM: dict[str, Any] = {"help_option_names": ["-h", "--help"]}
"""click keeps the help option of the first call for all that follow."""
EXACT = policy(allow(pinned("StringEquals", APP)))
WIDE = policy(allow(pinned("StringLike", [APP, sa("prod", "web-*")])))


def run(folder: Path, document: Any, *options: str) -> Result:
    path = folder / "role.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return CliRunner().invoke(command, [str(path), *options], standalone_mode=False, **AS_OF_THE_PROGRAM)


def test_an_exact_policy_gives_0(tmp_path: Path) -> None:
    result = run(tmp_path, EXACT)

    assert result.return_value == 0
    assert "Exactly 1 service account" in result.stdout
    assert "Corrected" not in result.stdout


def test_a_policy_that_is_wider_than_named_gives_1_with_a_witness_and_a_correction(tmp_path: Path) -> None:
    result = run(tmp_path, WIDE)

    assert result.return_value == 1
    assert "prod/web-a can assume the role too" in result.stdout
    corrected = json.loads(result.stdout[result.stdout.index("\n{") :])
    assert run(tmp_path, corrected).return_value == 0


def test_json_holds_everything(tmp_path: Path) -> None:
    result = run(tmp_path, WIDE, "--json", "--try", "prod/app", "--try", "dev/app")
    data = json.loads(result.stdout)
    provider = data["providers"][0]

    assert data["schema"] == "eksaminer.trust/1"
    assert data["is_wider"]
    assert provider["beyond"] == sa("prod", "web-a")
    assert provider["named"] == [APP]
    assert [tried["answer"] for tried in provider["tried"]] == ["yes", "no"]
    assert [flaw["id"] for flaw in provider["flaws"]] == ["name_wildcard"]
    assert data["corrected"]["Statement"][0]["Condition"]["StringEquals"]


def test_trying_says_which_condition_decides(tmp_path: Path) -> None:
    result = run(tmp_path, EXACT, "--try", "dev/app")

    assert "dev/app cannot assume the role" in result.stdout
    assert "statement 1, Allow, does not apply: StringEquals on" in result.stdout


def test_what_the_aws_command_line_prints_is_read(tmp_path: Path) -> None:
    assert run(tmp_path, {"Role": {"RoleName": "x", "AssumeRolePolicyDocument": EXACT}}).return_value == 0
    assert run(tmp_path, {"AssumeRolePolicyDocument": json.dumps(EXACT)}).return_value == 0
    assert run(tmp_path, {"AssumeRolePolicyDocument": quote(json.dumps(EXACT))}).return_value == 0


def test_a_key_that_stands_twice_is_refused_in_a_wrapping_too(tmp_path: Path) -> None:
    twice = json.dumps({"Role": {"AssumeRolePolicyDocument": EXACT}}).replace('"Effect"', '"Effect": "Deny", "Effect"')

    assert "stands twice" in str(run(tmp_path, twice).exception)


def test_stdin_is_read() -> None:
    result = CliRunner().invoke(command, ["-"], input=json.dumps(WIDE), standalone_mode=False, **AS_OF_THE_PROGRAM)

    assert result.return_value == 1


def test_another_provider_can_be_asked_about(tmp_path: Path) -> None:
    other = PROVIDER.replace("0123", "9999")
    result = run(tmp_path, WIDE, "--provider", other)

    assert result.return_value == 0
    assert "No service account" in result.stdout


def test_a_role_without_web_identity_is_said_to_be_so(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == "a role for EC2")
    result = run(tmp_path, case.policy)

    assert result.return_value == 0
    assert "No statement lets a web identity assume the role" in result.stdout
    assert "Other principals that it allows something: ec2.amazonaws.com." in result.stdout


def pods(*actions: str, **condition: Any) -> dict[str, Any]:
    return policy(
        {"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": list(actions), **condition}
    )


BOTH = ("sts:AssumeRole", "sts:TagSession")
POD_IDENTITY = [
    pytest.param(pods(*BOTH), "Any workload of any cluster", id="without a scope"),
    pytest.param(
        pods(*BOTH, Condition={"StringEquals": {"aws:RequestTag/kubernetes-namespace": "prod"}}),
        "under conditions that keep others out",
        id="of one namespace",
    ),
    pytest.param(
        pods(*BOTH, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), "depends on the rest", id="uncertain"
    ),
    pytest.param(pods(BOTH[0]), "it is not allowed sts:TagSession", id="without tags"),
    pytest.param(
        pods(*BOTH, Condition={"StringEquals": {"aws:RequestTag/team": "a"}}), "EKS never sends", id="never sent"
    ),
]


@pytest.mark.parametrize(("document", "said"), POD_IDENTITY)
def test_a_role_for_pod_identity_is_said_to_be_so(document: dict[str, Any], said: str, tmp_path: Path) -> None:
    result = run(tmp_path, document)

    assert said in result.stdout
    assert result.return_value == 0


def test_a_long_list_of_flaws_is_cut(tmp_path: Path) -> None:
    result = run(tmp_path, policy(allow(pinned("StringLike", [sa(f"n{number}", "*") for number in range(50)]))))

    assert "and 30 more, which --json lists" in result.stdout


def test_a_correction_that_leaves_no_web_identity_says_so(tmp_path: Path) -> None:
    everyone = policy(allow({"StringEquals": {f"{ISSUER}:sub": APP}}, Principal="*", Action="sts:*"))

    assert "no web identity is left in it" in run(tmp_path, everyone).stdout


@pytest.mark.parametrize(
    "options", [("--try", "app"), ("--try", "Prod/app"), ("--try", "a/b/c"), ("--provider", "x"), ("--what",)]
)
def test_wrong_usage_gives_2(tmp_path: Path, options: tuple[str, ...]) -> None:
    path = tmp_path / "role.json"
    path.write_text(json.dumps(EXACT))

    assert CliRunner().invoke(command, [str(path), *options], **AS_OF_THE_PROGRAM).exit_code == 2


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"Statement":1}'])
def test_what_is_no_policy_gives_4(tmp_path: Path, content: str) -> None:
    result = run(tmp_path, content)

    assert isinstance(result.exception, InputError)
    assert result.exception.exit_code == 4
    assert "cannot be read as a trust policy" in str(result.exception)


def test_an_arn_of_something_else_than_a_role_is_wrong_usage() -> None:
    result = CliRunner().invoke(command, ["arn:aws:iam::111122223333:user/x"], **AS_OF_THE_PROGRAM)

    assert result.exit_code == 2
    assert "is no ARN of a role" in result.output


def test_a_missing_file_and_bytes_that_are_no_text_give_4(tmp_path: Path) -> None:
    missing = CliRunner().invoke(command, ["nothing.json"], standalone_mode=False, **AS_OF_THE_PROGRAM)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    binary = CliRunner().invoke(command, [str(tmp_path / "bytes")], standalone_mode=False, **AS_OF_THE_PROGRAM)
    directory = CliRunner().invoke(command, [str(tmp_path)], standalone_mode=False, **AS_OF_THE_PROGRAM)

    assert isinstance(missing.exception, InputError)
    assert isinstance(binary.exception, InputError)
    assert isinstance(directory.exception, InputError)
