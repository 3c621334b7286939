from __future__ import annotations

import csv
import io
import subprocess
import sys

import pytest
from tests.render.sample import FINDINGS, PROD, assessment, large, unseen

from eksaminer.catalogue import catalogue as everything
from eksaminer.gap import Cause
from eksaminer.registry import Loaded
from eksaminer.render import FORMATS, catalogue
from eksaminer.render.json import load_assessment
from eksaminer.render.markdown import escaped
from eksaminer.render.safe import cell, https, visible


@pytest.mark.parametrize("name", FORMATS)
def test_equal_assessments_give_equal_bytes(name: str) -> None:
    assert FORMATS[name].render(assessment()) == FORMATS[name].render(assessment())


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "pdf"])
def test_a_stored_assessment_gives_the_same_bytes(name: str) -> None:
    stored = load_assessment(FORMATS["json"].render(assessment()))

    assert FORMATS[name].render(stored) == FORMATS[name].render(assessment())


def test_a_format_is_loaded_when_it_is_asked_for() -> None:
    code = "import sys; import eksaminer.render; print({'jinja2', 'weasyprint', 'tabulate'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert done.stdout == "set()\n"


def test_csv_has_a_row_for_each_finding() -> None:
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"].render(assessment()).decode(), newline="")))

    assert [(row["id"], row["status"]) for row in rows] == [(item.id, item.status) for item in FINDINGS]
    assert {row["permission"] for row in rows} == {"", "eks:DescribeCluster", "cloudtrail:GetInsightSelectors"}


def test_csv_names_a_permission_only_where_its_lack_is_the_cause() -> None:
    missing = unseen("LOG-01", PROD, Cause.UNREACHABLE, "No way there.", "list pods")
    (row,) = csv.DictReader(io.StringIO(FORMATS["csv"].render(assessment([missing])).decode(), newline=""))

    assert (row["cause"], row["permission"]) == ("unreachable", "")


def test_markdown_stays_small() -> None:
    assert len(FORMATS["md"].render(large(4_000))) < 100_000


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("prod", "prod", id="a name"),
        pytest.param("=1+1", "'=1+1", id="formula"),
        pytest.param("  @SUM(1)", "'  @SUM(1)", id="behind blanks"),
        pytest.param("\t=1", "'\\u{9}=1", id="behind a tab"),
        pytest.param("-5", "'-5", id="negative"),
        pytest.param("1-2", "1-2", id="in the middle"),
    ],
)
def test_a_spreadsheet_reads_text(text: str, shown: str) -> None:
    assert cell(text) == shown


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        pytest.param("https://docs.aws.amazon.com/eks/", True, id="https"),
        pytest.param("http://docs.aws.amazon.com/", False, id="http"),
        pytest.param("javascript:alert(1)", False, id="script"),
        pytest.param("file:///etc/passwd", False, id="file"),
        pytest.param("https://user@evil.example/", False, id="user part"),
        pytest.param("https:///path", False, id="no host"),
        pytest.param("https://[::1", False, id="broken address"),
        pytest.param("https://example.com/\n", False, id="newline"),
        pytest.param("https://exаmple.com/", False, id="look-alike letter"),
    ],
)
def test_only_plain_https_addresses_are_links(url: str, kept: bool) -> None:
    assert https(url) == (url if kept else "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a\x1b[31mb", "a\\u{1b}[31mb", id="ANSI"),
        pytest.param("a\u202eb", "a\\u{202e}b", id="bidi"),
        pytest.param("a\u200bb", "a\\u{200b}b", id="zero width"),
        pytest.param("a\u3164b", "a\\u{3164}b", id="blank letter"),
        pytest.param("叢集 é", "叢集 é", id="letters of the world"),
        pytest.param("\ud800", "\\u{d800}", id="half a surrogate pair"),
    ],
)
def test_what_cannot_be_seen_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text",
    ["<b>", "[a](b)", "a|b", "`x`", "@team", "#12", "https://evil.example", "www.evil.example", "$x$", "a*b*"],
)
def test_markdown_is_escaped(text: str) -> None:
    assert escaped(text) != text


def test_the_catalogue_describes_every_check_rule_and_blind_spot(loaded: Loaded) -> None:
    known = everything(loaded)
    text = catalogue.render(known)
    titles = [*(entry.check.title for entry in known.entries), *(spot.title for spot in known.blind)]
    names = [*(entry.check.id for entry in known.entries), *(spot.id for spot in known.blind)]

    assert {rule.id for rule in loaded.rules} | {check.id for check in loaded.checks} < set(names)
    assert [name for name in names if f"\n### {name}\n" not in text] == []
    assert [title for title in titles if title not in text] == []
