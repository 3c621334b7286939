"""A folder of rules may be somebody else's, or meant badly: what cannot be used is said, and the others are read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from eksaminer.detection import OtherLogError, load_rules
from eksaminer.detection.allow_lists import FILE
from eksaminer.detection.document import Document, read_documents
from eksaminer.registry import Loaded, load_checks

if TYPE_CHECKING:
    from pathlib import Path

RULE = """\
title: {title}
id: 6f1f8f7e-1a44-4f0c-9a27-{number:012x}
logsource: {{product: {product}, service: {service}}}
detection:
  selection:
    {test}
  condition: {condition}
level: high
"""


def rule(test: str = "verb: get", number: int = 1, **parts: str) -> str:
    usual = {"title": "t", "product": "kubernetes", "service": "audit", "condition": "selection"}
    return RULE.format(test=test, number=number, **(usual | parts))


def found_in(folder: Path) -> tuple[list[str], list[str]]:
    """Return the files of the rules that can be used, and what is said of the others."""
    rules, errors = load_rules(folder)
    return [item.file for item in rules], [str(item) for item in errors if not isinstance(item, OtherLogError)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(
            rule('verb|re: "((a{1000}){1000}){1000}"'), "bad.yml:5: the regular expression", id="huge expression"
        ),
        pytest.param(rule("verb|re: '[[:nothing:]]'"), "bad.yml:5: the regular expression", id="class of one dialect"),
        pytest.param(rule('verb|re: "(?=a)"'), "bad.yml:5: the regular expression", id="look-ahead"),
        pytest.param("a: &x [1, 2]\nb: *x\ndetection: 1\n", "bad.yml:1: anchors", id="YAML bomb"),
        pytest.param("detection:\n  " + "[" * 50 + "]" * 50, "bad.yml:2: the rule is nested", id="deep"),
        pytest.param(rule() + "#" * 70_000, "bad.yml: the rule is larger than 64 KB", id="large"),
        pytest.param(rule(r'verb: "a\ud800"'), "bad.yml:6: a text holds half of a character", id="lone surrogate"),
        pytest.param(rule("responseStatus.code|gt: .inf"), "bad.yml:5: responseStatus.code is compared", id="infinity"),
        pytest.param(
            rule("responseStatus.code|gt: " + "9" * 400), "bad.yml:5: responseStatus.code is", id="long number"
        ),
        pytest.param(rule("verb: " + "9" * 5_000), "bad.yml: a value cannot be read", id="longer than Python reads"),
        pytest.param(rule("verb: get").replace("6f1f", "../.."), "bad.yml:2: id has to be a UUID", id="path as id"),
        pytest.param(rule() + "eksaminer: {id: ../LOG-01}\n", "bad.yml:9: the id '../LOG-01'", id="path as our id"),
        pytest.param(rule('verb: !!python/object/apply:os.system ["id"]'), "bad.yml:6: not YAML", id="code"),
        pytest.param(
            rule(
                "verb: [" + ", ".join(f"'*{n}*'" for n in range(900)) + "]", condition="selection" + " or selection" * 9
            ),
            "bad.yml:7: the rule asks for more than 5,000 tests",
            id="tests without end",
        ),
        pytest.param("detection: [unclosed\n", "bad.yml:2: not YAML", id="no YAML"),
    ],
)
def test_a_rule_that_cannot_be_used_is_said_with_its_line_and_the_others_are_read(
    content: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "bad.yml").write_text(content)
    (tmp_path / "good.yml").write_text(rule(number=2))
    files, errors = found_in(tmp_path)

    assert files == ["good.yml"]
    assert len(errors) == 1
    assert errors[0].startswith(said)


def test_files_that_are_no_files_are_said(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yml")
    (tmp_path / "gone.yml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "latin.yml").write_bytes(b"detection: \xff")
    (tmp_path / "good.yml").write_text(rule())

    assert found_in(tmp_path) == (
        ["good.yml"],
        [
            "gone.yml: it is no ordinary file",
            "latin.yml: the file is not UTF-8 text",
            "pipe.yml: it is no ordinary file",
        ],
    )


def test_a_circle_of_links_is_not_followed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "again").symlink_to(tmp_path)
    (tmp_path / "a" / "good.yml").write_text(rule())

    assert found_in(tmp_path) == (["a/good.yml"], [])


def test_folders_without_end_are_not_read_to_their_end(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d"] * 60)
    deep.mkdir(parents=True)
    (deep / "bad.yml").write_text(rule())
    files, errors = found_in(tmp_path)

    assert files == []
    assert [error.rpartition(": ")[0].count("d/") for error in errors] == [40]


def test_more_files_than_anybody_has_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eksaminer.detection.folder.MAX_FILES", 2)
    for number in range(4):
        (tmp_path / f"{number}.yml").write_text(rule(number=number))
    files, errors = found_in(tmp_path)

    assert files == ["0.yml", "1.yml"]
    assert errors == ["there are more than 2 files: the further ones are not read"]


@pytest.mark.parametrize(
    ("content", "source"),
    [
        pytest.param(rule(product="windows", service="security"), "windows/security", id="one line"),
        pytest.param(
            rule().replace(
                "logsource: {product: kubernetes, service: audit}",
                "logsource:\n    category: process_creation   # a comment\n    product: windows",
            ),
            "windows/process_creation",
            id="lines",
        ),
        pytest.param(rule(product="aws", service="guardduty"), "aws/guardduty", id="another log of AWS"),
        pytest.param("name: workflow\non: push\n", "no Sigma rule", id="no rule"),
        pytest.param(rule(product="[a, b]"), "['a', 'b']/audit", id="a list"),
    ],
)
def test_rules_for_other_logs_are_counted_by_their_source(content: str, source: str, tmp_path: Path) -> None:
    (tmp_path / "other.yml").write_text(content)

    _, (error,) = load_rules(tmp_path)

    assert isinstance(error, OtherLogError)
    assert error.source == source


def test_rules_for_other_logs_are_not_read_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def noted(text: str, name: str) -> tuple[Document, ...]:
        read.append(name)
        return read_documents(text, name)

    monkeypatch.setattr("eksaminer.detection.sigma.read_documents", noted)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "hidden.yml").write_text(rule())
    for number in range(200):
        (tmp_path / f"{number}.yml").write_text(rule(number=number, product="windows"))
    (tmp_path / "ours.yml").write_text(rule(number=9_999))
    rules, errors = load_rules(tmp_path)

    assert [item.file for item in rules] == read == ["ours.yml"]
    assert len(errors) == 200


def test_allow_lists_of_a_folder_are_for_its_own_rules_alone(tmp_path: Path, loaded: Loaded) -> None:
    usual = loaded.expected
    name = next(name for rule in loaded.rules for name in rule.allow)
    (tmp_path / FILE).write_text(f"{name}: ['*']\n")

    assert load_checks([tmp_path]).expected == usual


def test_the_rules_of_a_folder_are_gone_once_it_is_no_longer_named(tmp_path: Path) -> None:
    before = load_checks()
    (tmp_path / "mine.yml").write_text(rule() + "eksaminer: {id: MY-RULE, class: lead, recommendation: x}\n")
    (tmp_path / "bad.yml").write_text("detection: [\n")
    (tmp_path / FILE).write_text("my-list: ['*']\n")

    assert "MY-RULE" in {item.id for item in load_checks([tmp_path]).rules}
    assert load_checks() == before


def test_a_rule_whose_allow_list_nobody_made_does_not_run(tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text(rule() + "eksaminer: {id: MY-RULE, class: lead, allow: nothing}\n")
    found = load_checks([tmp_path])

    assert [str(error) for error in found.errors] == ["bad.yml: there is no allow-list nothing"]
    assert "MY-RULE" not in {item.id for item in found.rules}


@pytest.mark.parametrize("content", [b"a: [1]\n", b"\xff", b"a: ['x']\n---\nb: ['y']\n", b"[1]"])
def test_broken_allow_lists_are_said(content: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(content)
    (error,) = load_checks([tmp_path]).errors

    assert error.file == FILE


@pytest.mark.parametrize("identifier", ["LOG-01", "EKS-AWS-AUTH"])
def test_a_rule_cannot_take_the_place_of_a_check(identifier: str, tmp_path: Path, loaded: Loaded) -> None:
    (tmp_path / "bad.yml").write_text(rule() + f"eksaminer: {{id: {identifier}, class: lead}}\n")
    found = load_checks([tmp_path])

    assert [str(error) for error in found.errors] == [f"bad.yml: the id {identifier} is already that of another check"]
    assert [check.title for check in found.checks if check.id == identifier] == [
        check.title for check in loaded.checks if check.id == identifier
    ]


def test_each_rule_that_cannot_be_used_is_a_check_that_cannot_pass(tmp_path: Path) -> None:
    ours = "eksaminer: {id: MY-RULE, class: lead, recommendation: x}\n"
    (tmp_path / "known.yml").write_text(rule("nonsense: x", number=1) + ours)
    (tmp_path / "unknown.yml").write_text("detection: [\n")
    (tmp_path / "foreign.yml").write_text(rule("a|b: c", number=3))
    found = {check.id: check.title for check in load_checks([tmp_path]).checks if "cannot be used" in check.title}

    assert found == {
        "6f1f8f7e-1a44-4f0c-9a27-000000000003": "A rule that cannot be used: foreign.yml",
        "MY-RULE": "A rule that cannot be used: known.yml",
        "RULES-UNUSABLE": "A rule that cannot be used: unknown.yml",
    }
