from __future__ import annotations

import base64
import hashlib
import itertools
import re
from collections import Counter
from html.parser import HTMLParser

import msgspec
import pytest
from tests.render.sample import CHECKS, FINDINGS, PROD, assessment, finding, large, poisoned, unseen

from eksaminer.findings import Assessment, Coverage, GapRow
from eksaminer.gap import Cause
from eksaminer.outcome import Level, Status
from eksaminer.render import html, pdf

EMPTY = assessment(())


class Page(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data


def page(shown: Assessment) -> Page:
    return Page(html.render(shown).decode())


CASES = [
    pytest.param(assessment(), id="every status and cause"),
    pytest.param(EMPTY, id="no finding at all"),
    pytest.param(large(200), id="more targets than the matrix shows"),
    pytest.param(poisoned(assessment(), '" onclick=x <'), id="hostile names"),
]


@pytest.mark.parametrize("shown", CASES)
def test_every_id_is_unique_and_every_link_inside_leads_somewhere(shown: Assessment) -> None:
    found = page(shown)

    ids = Counter(attributes["id"] for _, attributes in found.tags if "id" in attributes)
    inside = {item["href"][1:] for _, item in found.tags if item.get("href", "").startswith("#")}
    assert [name for name, count in ids.items() if count > 1] == []
    assert inside - set(ids) == set()


@pytest.mark.parametrize("shown", CASES)
def test_loads_nothing_and_has_no_inline_style_or_handler(shown: Assessment) -> None:
    found = page(shown)

    assert not [tag for tag, _ in found.tags if tag in ("link", "img", "iframe", "object", "embed", "base")]
    assert not [name for _, item in found.tags for name in item if name in ("style", "src") or name.startswith("on")]


def test_the_policy_allows_its_own_style_and_script_by_hash_and_nothing_else() -> None:
    source = html.render(assessment()).decode()

    (policy,) = [
        item["content"] for _, item in Page(source).tags if item.get("http-equiv") == "Content-Security-Policy"
    ]
    for name in ("style", "script"):
        (block,) = re.findall(rf"<{name}>(.*?)</{name}>", source, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy


def test_equal_assessments_give_equal_bytes() -> None:
    assert html.render(assessment()) == html.render(assessment())


def test_headings_do_not_skip_a_level() -> None:
    levels = [int(tag[1]) for tag, _ in page(assessment()).tags if re.fullmatch("h[1-6]", tag)]

    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("The audit log is off; enabled are api and scheduler.", id="condition"),
        pytest.param("eks:DescribeCluster, eu-central-1, 2026-11-20 08:11:00 UTC, request 0f1e2d3c", id="evidence"),
        pytest.param("in the window 2026-11-19 08:15:00 UTC to 2026-11-20 08:15:00 UTC", id="assertion"),
        pytest.param("Beyond the guide", id="basis"),
        pytest.param("approved by ciso@example.com, expires 2026-12-20 08:15:00 UTC", id="waiver"),
        pytest.param("authorised: change 4711", id="disposition"),
        pytest.param("53,420 = 53,418 good + 1 bad + 1 blank", id="accounting"),
        pytest.param("Regions: 3 of 4 enabled regions were selected.", id="population"),
        pytest.param("In 1 selected region the clusters could not be listed", id="unlisted region"),
        pytest.param("refused eks:ListClusters in eu-west-1. Permission that", id="population not known"),
        pytest.param("empty test cluster, no workloads", id="left out by declaration"),
        pytest.param("arn:aws:sts::111122223333:assumed-role/Auditor/jane", id="identity"),
        pytest.param("30 days", id="a span of time among the values seen"),
        pytest.param("file, path=exports/legacy/audit.jsonl.gz, 2026-11-20 08:13:00 UTC, SHA-256", id="a file"),
        pytest.param("source s9, which this file does not describe", id="a source that is missing"),
        pytest.param("The window was not read completely", id="unread log"),
        pytest.param("Log events examined (all streams of the group)", id="log events of CloudWatch"),
        pytest.param("Audit events examined", id="audit events of files"),
    ],
)
def test_says(words: str) -> None:
    assert words in " ".join(page(assessment()).text.split())


def test_a_permission_is_named_only_where_its_lack_is_the_cause() -> None:
    gap = GapRow(target=PROD, section="x", cause=Cause.UNREACHABLE, permission="list pods", detail="No way there.")
    missing = unseen("LOG-01", PROD, Cause.ERROR, "A file is missing.", "list services")
    shown = assessment([missing], coverage=Coverage(matrix=(), gaps=(gap,)))

    text = page(shown).text
    assert "No way there." in text
    assert "A file is missing." in text
    assert "list pods" not in text
    assert "list services" not in text


def test_a_source_of_several_targets_is_listed_once_and_counted_once() -> None:
    plain = assessment()
    text = " ".join(page(assessment(sources=plain.sources * 3)).text.split())

    assert f"{len(plain.sources)} calls and files" in text
    assert f"The same by operation: {len(plain.sources)} in the index; 4 requests sent to AWS in all" in text


def test_a_check_with_parts_gives_their_levels() -> None:
    parts = {"api": Level.OFF, "authenticator": Level.ADVISED, "scheduler": Level.OFF}
    plain = assessment()
    checks = [msgspec.structs.replace(check, aspects=parts) if check.id == "LOG-02" else check for check in CHECKS]
    criteria = msgspec.structs.replace(plain.criteria, levels={"LOG-02.api": Level.REQUIRED})
    text = " ".join(page(assessment(checks=tuple(checks), criteria=criteria)).text.split())

    assert (
        "api: required: a deviation is a failure; authenticator: advised: a deviation is for review; "
        "scheduler: off: the value is shown and not judged."
    ) in text


def test_a_check_that_informs_is_said_to_inform() -> None:
    checks = [msgspec.structs.replace(check, informs=check.id == "LOG-02") for check in CHECKS]
    text = " ".join(page(assessment(checks=tuple(checks))).text.split())

    assert text.count("informs: nothing is a deviation") == 1


def test_a_demonstration_says_so_before_anything_else() -> None:
    plain = assessment()
    shown = msgspec.structs.replace(plain, run=msgspec.structs.replace(plain.run, options={"demo": "an account"}))

    text = page(shown).text
    assert text.index("DEMONSTRATION: this report shows an emulated account") < text.index("Assessed against")
    assert "DEMONSTRATION" not in page(plain).text


def test_what_a_pass_says_nothing_of_stands_beside_it_on_screen_and_on_paper() -> None:
    limited = msgspec.structs.replace(
        finding("LOG-01", Status.PASS, FINDINGS[0].target, "It is on."), limitations=("Nothing is said of Sunday.",)
    )
    shown = assessment([limited])

    assert "Nothing is said of Sunday." in page(shown).text
    assert "Nothing is said of Sunday." in pdf.page_of(shown, ())


def test_shows_every_finding() -> None:
    text = " ".join(page(assessment()).text.split())

    assert [item.text for item in FINDINGS if item.text not in text] == []


def test_an_assessment_without_findings_says_so() -> None:
    text = page(EMPTY).text

    assert "No finding failed." in text
    assert "Every check was assessed on every target" in text


def test_findings_of_a_check_that_the_file_does_not_describe_are_shown() -> None:
    shown = assessment([finding("LOG-01", Status.FAIL, FINDINGS[0].target, "It is off.")], checks=())

    assert "It is off." in page(shown).text


def test_a_repeated_finding_id_keeps_its_own_anchor() -> None:
    twice = FINDINGS[1]
    shown = assessment([twice, msgspec.structs.replace(twice, text="Again.")])

    ids = [item["id"] for _, item in page(shown).tags if "id" in item]

    assert twice.id[:12] in ids
    assert f"{twice.id[:12]}-2" in ids


def test_many_exceptions_are_shown_in_rows_after_the_first() -> None:
    found = page(large(2_000))

    assert sum(item.get("class", "").startswith("exception ") for _, item in found.tags) <= 400
    assert "more exceptions, in short" in found.text
