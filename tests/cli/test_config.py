from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from tests.cli.conftest import JSON, Run

from eksaminer import config
from eksaminer.config import Config, Threshold
from eksaminer.criteria import TOOL_DEFAULT, Criteria
from eksaminer.errors import ConfigError
from eksaminer.gate import Gate
from eksaminer.outcome import Level, Severity

WHOLE = """
[scope]
accounts = ["111122223333"]
regions = ["eu-central-1"]
clusters = ["prod", "eu-west-1/other"]
[[scope.out_of_scope]]
name = "eu-central-1/dev"
reason = "A sandbox."
[criteria]
minimum_retention_days = 365
maximum_retention_days = 731
require_customer_managed_key = true
late_after_hours = 1
stale_after_hours = 12
gap_minutes = 10
long_gap_minutes = 30
monthly_budget = 99.95
monthly_budget_per_cluster = 40
budget_currency = "EUR"
framework = "pci-dss"
[criteria.levels]
"LOG-02.api" = "required"
LOG-08 = "off"
[allow]
EKS-AWS-AUTH = ["arn:aws:iam::111122223333:role/Platform*"]
[gate]
fail_on = "medium"
checks = "all"
allow_incomplete = true
[report]
formats = ["json", "csv"]
languages = ["zh-TW"]
classification = "Internal"
distribution = ["Audit committee"]
[[waivers]]
id = "W-1"
check = "LOG-04"
resource = "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/eks/prod/cluster"
reason = "The copy in S3 is kept for ten years."
approver = "ciso@example.com"
created = 2026-10-01
expires = 2026-12-31
ticket = "SEC-7"
compensating_control = "Object Lock."
[[waivers]]
id = "W-2"
check = "LOG-02.api"
resource_glob = "arn:aws:eks:*:111122223333:cluster/dev-*"
reason = "Development."
approver = "ciso@example.com"
created = 2026-10-01
expires = 2026-12-31
[[dispositions]]
finding = "0123456789ab"
answer = "authorised"
reviewer = "dana@example.com"
date = 2026-11-20
reason = "A planned change."
evidence = "CHG-4711"
"""


def read(folder: Path, text: str) -> Config:
    path = folder / "eksaminer.toml"
    path.write_text(text)
    return config.load(path)


def test_every_key_has_its_effect(tmp_path: Path) -> None:
    found = read(tmp_path, WHOLE)

    assert found.scope.regions == ("eu-central-1",)
    assert found.scope.clusters == ("prod", "eu-west-1/other")
    assert [(item.name, item.reason) for item in found.scope.out_of_scope] == [("eu-central-1/dev", "A sandbox.")]
    assert found.criteria.minimum_retention_days == 365
    assert found.criteria.framework == "pci-dss"
    assert (found.criteria.monthly_budget, found.criteria.budget_currency) == (Decimal("99.95"), "EUR")
    assert found.criteria.monthly_budget_per_cluster == Decimal(40)
    assert found.criteria.levels == {"LOG-02.api": Level.REQUIRED, "LOG-08": Level.OFF}
    assert found.criteria.allow == {"EKS-AWS-AUTH": ("arn:aws:iam::111122223333:role/Platform*",)}
    assert config.gate(found) == Gate(fail_on=Severity.MEDIUM, checks="all", allow_incomplete=True)
    assert found.formats == ("json", "csv")
    assert [(item.id, item.expires) for item in found.decisions.waivers] == [
        ("W-1", date(2026, 12, 31)),
        ("W-2", date(2026, 12, 31)),
    ]
    assert [item.answer for item in found.decisions.dispositions] == ["authorised"]


def test_the_sample_names_every_key(tmp_path: Path) -> None:
    """So that the test above cannot forget a new one."""
    names = {name.removesuffix(".*").rpartition(".")[2] for name in config.key_names()}

    assert all(re.search(rf"^(\[.*)?{name}\b", WHOLE, re.MULTILINE) for name in names)


def test_the_keys_of_the_criteria_are_the_fields_of_criteria() -> None:
    own = {name.split(".")[1] for name in config.key_names() if name.startswith("criteria.")}

    assert own == set(Criteria.__struct_fields__) - {"allow", "expected", "origins", "prices"}


def test_who_set_a_value_is_kept(tmp_path: Path) -> None:
    criteria = read(tmp_path, WHOLE).criteria

    assert criteria.origin("minimum_retention_days") == "eksaminer.toml"
    assert criteria.origin("levels.LOG-02.api") == "eksaminer.toml"
    assert criteria.origin("allow.EKS-AWS-AUTH") == "eksaminer.toml"
    assert read(tmp_path, "").criteria.origin("minimum_retention_days") == TOOL_DEFAULT


FRAMEWORKS = [
    pytest.param("", "pci-dss", 365, "PCI DSS 4.0.1, 10.5.1", id="a flag"),
    pytest.param("[criteria]\nframework = 'hipaa'", "", 2192, "HIPAA 45 CFR 164, 164.316(b)(2)(i)", id="the file"),
    pytest.param("[criteria]\nframework = 'hipaa'", "pci-dss", 365, "PCI DSS 4.0.1, 10.5.1", id="the flag wins"),
    pytest.param("[criteria]\nminimum_retention_days = 7", "pci-dss", 7, "eksaminer.toml", id="a number of one's own"),
    pytest.param(
        "[criteria]\nframework = 'hipaa'\nminimum_retention_days = 7", "", 7, "eksaminer.toml", id="both in the file"
    ),
    pytest.param(
        "",
        "soc-2",
        90,
        "tool default: SOC 2 2017 Trust Services Criteria, CC7.2 names no number of days",
        id="no number",
    ),
]


@pytest.mark.parametrize(("text", "flag", "days", "origin"), FRAMEWORKS)
def test_a_framework_sets_the_retention_unless_the_file_does(
    text: str, flag: str, days: int, origin: str, tmp_path: Path
) -> None:
    criteria = read(tmp_path, text).criteria
    if flag:
        criteria = config.with_framework(criteria, flag)

    assert criteria.minimum_retention_days == days
    assert criteria.origin("minimum_retention_days") == origin
    assert criteria.framework in {flag or "hipaa", "hipaa"}


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert msgspec.structs.replace(read(tmp_path, ""), file="") == Config()


@pytest.mark.parametrize(
    ("flag", "file", "expected"),
    [
        (None, "", Severity.HIGH),
        (None, '[gate]\nfail_on = "low"', Severity.LOW),
        ("critical", '[gate]\nfail_on = "low"', Severity.CRITICAL),
        (None, '[gate]\nfail_on = "none"', None),
        ("none", "", None),
        ("high", '[gate]\nfail_on = "none"', Severity.HIGH),
    ],
)
def test_flags_win_over_the_file_and_the_file_over_the_defaults(
    tmp_path: Path, flag: Threshold | None, file: str, expected: Severity | None
) -> None:
    assert config.gate(read(tmp_path, file), fail_on=flag).fail_on == expected


@pytest.mark.parametrize(
    ("text", "said", "advice"),
    [
        (
            "[criteria]\nminimum_retention_day = 3",
            "unknown key criteria.minimum_retention_day",
            "minimum_retention_days",
        ),
        ("[criterai]\n", "unknown key criterai", "Did you mean criteria?"),
        ("[gate]\nframework = 'x'", "unknown key gate.framework", "Known here: allow_incomplete, checks, fail_on."),
        ("[[scope.out_of_scope]]\nnmae = 'a'\nreason = 'b'", "unknown key scope.out_of_scope.nmae", "name"),
        ("[criteria]\norigins = {a = 'b'}", "unknown key criteria.origins", ""),
        ("[criteria]\nframework = 'pci'", 'there is no framework "pci"', "pci-dss"),
        ("[criteria]\nminimum_retention_days = '3'", "criteria.minimum_retention_days: expected `int`", ""),
        ("[criteria]\nminimum_retention_days = 0", "it must be at least 1", ""),
        ("[criteria]\nmonthly_budget = nan", "criteria.monthly_budget is NaN; it must be an amount above zero", ""),
        ("[criteria]\nmonthly_budget = -0.5", "criteria.monthly_budget is -0.5", ""),
        ("[criteria]\nminimum_retention_days = 99\nmaximum_retention_days = 98", "no log group could meet both", ""),
        ("[criteria]\nlate_after_hours = 25", "nothing could be late", ""),
        ("[criteria.levels]\nLOG-01 = 'mandatory'", "mandatory", ""),
        ("[gate]\nfail_on = 'hihg'", "gate.fail_on", ""),
        ("[[scope.out_of_scope]]\nname = 'a'", "reason", ""),
        ("scope = 3", "scope: expected `object`", ""),
        ("a = [", "is not TOML", ""),
        ("a = " + "[" * 2_000, "is not TOML", ""),
    ],
)
def test_what_is_wrong_is_said_with_file_and_path(tmp_path: Path, *, text: str, said: str, advice: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)

    what, do = caught.value.diagnostics()
    assert caught.value.exit_code == 2
    assert said in what
    assert str(tmp_path / "eksaminer.toml") in what
    assert advice in do


@pytest.mark.parametrize(
    ("data", "said"), [(b"\xff", "not UTF-8"), (b"#" * (2**20 + 1), "larger than 1 MiB"), (None, "Cannot read")]
)
def test_a_file_that_cannot_be_read_is_said(tmp_path: Path, data: bytes | None, said: str) -> None:
    path = tmp_path / "eksaminer.toml"
    if data is not None:
        path.write_bytes(data)

    with pytest.raises(ConfigError, match=said):
        config.load(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[criteria.levels]\n"LOG-9" = "off"', 'unknown name "LOG-9" in [criteria.levels]'),
        ('[criteria.levels]\n"LOG-22" = "off"', "Did you mean LOG-02?"),
        ('[criteria.levels]\n"LOG-02.apii" = "off"', "Did you mean LOG-02.api?"),
        ('[criteria.levels]\n"LOG-01.audit" = "off"', 'unknown name "LOG-01.audit" in [criteria.levels]'),
        ('[allow]\n"EKS-AWS-AUHT" = ["x"]', "Did you mean EKS-AWS-AUTH?"),
        ('[report]\nformats = ["htlm"]', "Did you mean html?"),
    ],
)
def test_names_that_are_not_installed_are_refused(run: Run, folder: Path, text: str, said: str) -> None:
    (folder / "mine.toml").write_text(text)
    result = run("audit", "--config", "mine.toml")

    assert result.exit_code == 2
    assert "mine.toml: " in result.stderr
    assert said in result.stderr


def test_the_file_of_the_folder_is_used_and_said(run: Run, folder: Path, samples: Path) -> None:
    (folder / "eksaminer.toml").write_text("[criteria]\nminimum_retention_days = 3000\n[criteria.levels]\nLOG-05='off'")
    result = run("assess", samples / "bundle.zip", *JSON, "-o", "out", "--fail-on", "medium")

    assert result.exit_code == 1
    assert "Configuration: eksaminer.toml of this folder." in result.stderr
    assert "LOG-04" in result.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "said", "advice"),
    [
        pytest.param(
            '[criteria.levels]\nLOG-01 = "advised"\n"LOG-02.api" = "must"',
            "criteria.levels.LOG-02.api: invalid enum value 'must'",
            "Write one of required, advised, off.",
            id="level of one check of several",
        ),
        pytest.param(
            '[gate]\nfail_on = "urgent"', "gate.fail_on: invalid", "Write one of critical, high,", id="threshold"
        ),
        pytest.param("[gate]\nchecks = true", "gate.checks: expected", "Write one of config, all.", id="another type"),
        pytest.param('[allow]\nA = ["x"]\nB = [1]', "allow.B[0]: expected", "", id="entry of a list"),
        pytest.param("[gate]\nfail_on = high", "is not TOML", "quotes", id="a text without quotes"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_those_that_can(tmp_path: Path, text: str, said: str, advice: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, text)

    assert said in raised.value.what
    assert advice in raised.value.do


# Waivers and dispositions -------------------------------------------------------------------------

WAIVER = """
[[waivers]]
id = "W-1"
check = "LOG-04"
resource = "x"
reason = "r"
approver = "a"
created = 2026-10-01
expires = 2026-12-31
"""
DISPOSITION = """
[[dispositions]]
finding = "0123456789ab"
answer = "authorised"
reviewer = "a"
date = 2026-11-20
reason = "r"
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(WAIVER.replace("expires = 2026-12-31", ""), "missing required field `expires`", id="no end"),
        pytest.param(WAIVER.replace("2026-12-31", '"soon"'), "waivers[0].expires", id="a word for a day"),
        pytest.param(WAIVER.replace("2026-12-31", "2026-02-30"), "not TOML", id="no such day"),
        pytest.param(WAIVER.replace("2026-12-31", "2026-12-31T00:00:00Z"), "waivers[0].expires", id="a moment"),
        pytest.param(WAIVER.replace("2026-12-31", "2026-09-30"), "before it was created", id="ends before it begins"),
        pytest.param(WAIVER.replace('"r"', '" "'), "reason is empty", id="no reason"),
        pytest.param(WAIVER.replace('"a"', '""'), "approver is empty", id="nobody approved"),
        pytest.param(WAIVER.replace('resource = "x"', ""), "names nothing", id="takes everything"),
        pytest.param(WAIVER + 'resource_glob = "*"', "names resource and resource_glob", id="two ways to name"),
        pytest.param(WAIVER.replace('resource = "x"', 'finding = "abc"'), "no id of a finding", id="three digits"),
        pytest.param(WAIVER * 2, "two waivers have the id W-1", id="one id twice"),
        pytest.param(WAIVER.replace("approver", "aprover"), "unknown key waivers.aprover", id="misspelt"),
        pytest.param(DISPOSITION.replace("authorised", "ok"), "dispositions[0].answer", id="no such answer"),
        pytest.param(DISPOSITION * 2, "two dispositions answer the finding", id="two answers"),
        pytest.param(DISPOSITION.replace("0123456789ab", "W-1"), "no id of a finding", id="no finding"),
        pytest.param(DISPOSITION.replace("date = 2026-11-20", ""), "missing required field `date`", id="no day"),
    ],
)
def test_a_waiver_or_answer_that_could_be_misread_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as found:
        read(tmp_path, text)

    assert said in found.value.what


def test_a_file_of_waivers_adds_to_the_configuration_and_holds_nothing_else(tmp_path: Path) -> None:
    more, other = tmp_path / "waivers.toml", tmp_path / "gate.toml"
    more.write_text(WAIVER.replace("W-1", "W-2") + DISPOSITION)
    other.write_text('[gate]\nfail_on = "none"\n')
    base = read(tmp_path, WAIVER)

    assert [item.id for item in config.with_waivers(base, more).decisions.waivers] == ["W-1", "W-2"]
    with pytest.raises(ConfigError, match="gate has no place here"):
        config.with_waivers(base, other)
    more.write_text(WAIVER)
    with pytest.raises(ConfigError, match="two waivers have the id W-1"):
        config.with_waivers(base, more)


def test_a_waiver_of_a_check_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    found = read(tmp_path, WAIVER)
    config.check_waivers(found, ["LOG-04"])

    with pytest.raises(ConfigError) as refused:
        config.check_waivers(found, ["LOG-05"])
    assert "LOG-05" in refused.value.do
