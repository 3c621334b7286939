"""What an auditor looks for: causes, population, references, the period a log can answer for, the appendix."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from pathlib import Path

import msgspec
import pytest
from tests.render.kept import FINDINGS as DARK
from tests.render.kept import OFF, act, dark, kept
from tests.render.sample import LEGACY, PROD, assessment, large

from eksaminer.findings import Assessment, DocumentControl, EvidenceItem, Finding
from eksaminer.render import attached, html, pdf
from eksaminer.render.appendix import WORDS, appendix
from eksaminer.render.blocks import Table
from eksaminer.render.causes import CONTROLS, Causes
from eksaminer.render.charts.held import held
from eksaminer.render.json import load_assessment
from eksaminer.render.limits import PAGES, SCREEN
from eksaminer.render.references import References, line, parameters
from eksaminer.render.results import Results
from eksaminer.render.texts import ENGLISH, LANGUAGES, texts
from eksaminer.weakening import controls as kinds_of_calls

T = texts(ENGLISH)
SAMPLE = Path(__file__).parents[2] / "sample_reports" / "assessment.json"


def plain(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def paper(shown: Assessment) -> str:
    return pdf.page_of(shown, attached.files_of(shown))


# The period that a log can answer for -------------------------------------------------------------


def test_the_bar_says_which_part_of_the_period_the_kept_log_can_answer_for() -> None:
    chart = held(dark(), SCREEN, T)

    assert chart is not None
    assert chart.table is not None
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in chart.table.rows}
    assert rows["shop (us-east-1)"][0] == "25.0 %", "kept for 25 of 100 days"
    assert rows["prod (eu-central-1)"][0] == "90.0 %", "off for 10 of 100 days"
    assert rows["prod (eu-central-1)"][2] == "2026-10-01 08:15:00 UTC to 2026-10-11 08:15:00 UTC"
    assert "prod (eu-central-1) 90.0 %" in chart.picture.title


def test_a_log_that_is_off_since_nobody_knows_when_has_no_share() -> None:
    chart = held(dark(), SCREEN, T)

    assert chart is not None
    assert chart.table is not None
    assert [cell.text for cell in chart.table.rows[0][:2]] == ["legacy (eu-central-1)", "not known"]
    known = held(assessment((*DARK, act(LEGACY, "weakened", "audit-log", 40))), SCREEN, T)
    assert known is not None
    assert "legacy (eu-central-1) 60.0 %" in known.picture.title


@pytest.mark.parametrize(
    ("acts", "share"),
    [
        pytest.param([(40, "weakened"), (60, "weakened")], "40.0 %", id="the earlier call counts"),
        pytest.param([(50, "restored"), (45, "restored")], "85.0 %", id="spans that overlap count once"),
        pytest.param([(120, "weakened")], "0.0 %", id="before the period began"),
    ],
)
def test_time_without_auditing_counts_once(acts: list[tuple[int, str]], share: str) -> None:
    found = [act(PROD, name, f"audit-log#{day}", day, blind={"seconds": 10 * 86_400}) for day, name in acts]
    chart = held(assessment((kept(PROD, "kept_for_ever"), *found)), SCREEN, T)

    assert chart is not None
    assert chart.picture.title.endswith(f"prod (eu-central-1) {share}.")


def test_without_knowledge_of_any_log_there_is_no_bar() -> None:
    assert held(assessment(()), SCREEN, T) is None


# Causes -------------------------------------------------------------------------------------------


def causes(*found: Finding) -> Causes:
    return Causes(found, ("EKS-AWS-AUTH",), T)


def test_a_call_that_switched_the_log_off_is_the_cause_of_its_being_off() -> None:
    call = act(LEGACY, "weakened", "audit-log", 3)

    assert causes(OFF, call).of(OFF) == "Seen in the period, and of this effect: Dana called it 3 days ago. (LOG-09)"


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(act(PROD, "weakened", "audit-log", 3), id="of another cluster"),
        pytest.param(act(LEGACY, "refused", "audit-log", 3), id="that was refused"),
        pytest.param(act(LEGACY, "restored", "audit-log", 3), id="that was undone"),
        pytest.param(act(LEGACY, "weakened", "retention", 3), id="of another effect"),
    ],
)
def test_a_call_that_explains_nothing_is_no_cause(call: Finding) -> None:
    assert causes(OFF, call).of(OFF).startswith("Not determined")


def test_the_cause_of_an_act_is_the_act() -> None:
    lead = next(item for item in assessment().findings if item.check == "EKS-AWS-AUTH")

    assert causes().of(lead) == "The condition is an act: who did it stands in it."


def test_every_kind_of_call_that_is_named_as_a_cause_exists() -> None:
    known = {item.id for item in kinds_of_calls()}

    assert {kind for kinds in CONTROLS.values() for kind in kinds} <= known


# Population and references ------------------------------------------------------------------------


def controls(shown: Assessment) -> dict[str, list[str]]:
    tables: list[Table] = [item.controls for item in Results(shown, SCREEN, T).recommendations() if item.controls]
    return {
        row[0].text: [f"{cell.text} {cell.under}".strip() for cell in row] for table in tables for row in table.rows
    }


def test_each_control_says_what_was_examined_of_all_there_is() -> None:
    rows = controls(assessment())

    assert rows["LOG-01"][1:4] == ["Inspected: eks:DescribeCluster", "2 of 3 clusters", "Fail 1 Not assessed 1, Pass 1"]
    assert rows["LOG-02"][2] == "2 of 2 clusters results: 3"
    assert rows["EKS-AWS-AUTH"][1] == "Searched 53,412 log events for it"
    assert rows["META-01"][1:4] == ["Nothing could be read", "0 of 1 cluster", "Not assessed 1"]


def examined(names: Sequence[str]) -> Assessment:
    """Return an assessment whose index has *names*."""
    shown = assessment()
    return msgspec.structs.replace(
        shown, sources=tuple(msgspec.structs.replace(shown.sources[0], id=name) for name in names)
    )


def test_references_are_the_numbers_of_the_index() -> None:
    shown = assessment()
    references = References(shown, 10)

    assert [references.label(name) for name in ("s1", "s3", "nothing")] == ["E1", "E3", ""]
    assert references.spans(["s2", "s1", "nothing"]) == ("E1–E2", 0)
    assert "E2: logs:DescribeLogGroups" in plain(paper(shown))
    many = References(examined([f"n{place}" for place in range(40)]), 100)
    assert many.spans(f"n{place}" for place in range(0, 40, 3)) == ("E1, E4, E7, E10", 10)
    assert many.spans(f"n{place}" for place in range(40)) == ("E1–E40", 0)


def test_no_number_is_named_that_the_index_has_no_room_for() -> None:
    names = [f"n{place}" for place in range(40)]
    references = References(examined(names), 6, shown=[["n30", "n31"]], named=[names, ["n35", "n36", "n37"]])

    assert [references.label(item.id) for item in references.printed()] == ["E1", "E2", "E31", "E32", "E36", "E37"], (
        "what is shown, and then the first of each control, the second of each, as far as there is room"
    )
    assert references.spans(names) == ("E1–E2, E31–E32, E36–E37", 34)
    assert references.spans(["n35", "n36", "n37"]) == ("E36–E37", 1)
    assert references.spans(["n39"]) == ("", 1)
    assert references.label("n39") == ""


@pytest.mark.parametrize(
    ("operation", "asked", "told"),
    [
        (
            "cloudtrail:LookupEvents",
            {"EventName": "", "page": "1"},
            "every call that changes something (ReadOnly=false), page=1",
        ),
        (
            "cloudtrail:LookupEvents",
            {"ReadOnly": "false", "page": "2"},
            "every call that changes something (ReadOnly=false), page=2",
        ),
        ("cloudtrail:LookupEvents", {"EventName": "AssumeRole", "page": "1"}, "EventName=AssumeRole, page=1"),
        ("cloudwatch:GetMetricData", {"first": "", "metric": "IncomingBytes"}, "metric=IncomingBytes"),
        ("sts:GetCallerIdentity", {}, ""),
    ],
)
def test_the_index_says_what_was_asked_and_no_parameter_without_a_value(
    operation: str, asked: dict[str, str], told: str
) -> None:
    source = msgspec.structs.replace(assessment().sources[0], operation=operation, parameters=asked)

    assert parameters(source, T) == told
    assert line("E1", source, T, asked=True).startswith(f"E1: {operation}, {told}".removesuffix(", ") + ", ")


def numbers(text: str) -> set[int]:
    """Return the numbers of evidence that *text* names, with those between."""
    found = re.findall(r"(?<![-\w])E(\d+)(?:–E(\d+))?(?!\w)", text)
    return {number for first, last in found for number in range(int(first), int(last or first) + 1)}


def crowded() -> Assessment:
    """Return an assessment in which each of many findings rests on a call of its own, and on one of all."""
    shown = large(600)
    found = tuple(
        msgspec.structs.replace(item, evidence=(EvidenceItem(sources=(f"n{place}", "all"), seen={}),))
        for place, item in enumerate(shown.findings)
    )
    answers = [*(f"n{place}" for place in range(0, 600, 2)), "all", *(f"n{place}" for place in range(1, 600, 2))]
    return msgspec.structs.replace(shown, findings=found, sources=examined(answers).sources)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("shown", [crowded(), load_assessment(SAMPLE.read_bytes())], ids=["crowded", "demo"])
def test_the_index_on_paper_has_every_number_that_the_document_names(shown: Assessment, language: str) -> None:
    page = pdf.page_of(shown, attached.files_of(shown), language)
    before, _, after = page.partition('<div class="index">')
    index = after.partition("</div>")[0]
    printed = {int(number) for number in re.findall(r"<p>E(\d+): ", index)}

    assert len(printed) == PAGES.references
    assert numbers(plain(before)) <= printed
    assert numbers(plain(before))
    left = len({item.id for item in shown.sources}) - len(printed)
    assert texts(language).several("sources.left_out", left) in plain(after)


def test_on_paper_a_check_without_exception_has_a_row_and_no_part_of_its_own_and_is_still_found() -> None:
    page = paper(assessment())

    assert '<section id="c-LOG-01"' in page
    assert '<section id="c-LOG-03"' not in page
    assert '<tr id="c-LOG-03">' in page
    targets = set(re.findall(r'id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= targets


def test_on_paper_there_is_room_for_the_answer_to_what_is_open() -> None:
    page = paper(assessment())
    articles = re.findall(r"<article.*?</article>", page, re.DOTALL)
    boxes = {re.findall(r"<h5>.*?</h5>", item, re.DOTALL)[0]: "response" in item for item in articles}

    assert sum("Management response" in item for item in articles) == 2
    assert sum("Reviewer&#39;s answer: " in item for item in articles) == 2
    assert [has for title, has in boxes.items() if "Accepted risk" in title] == [False]
    assert "Management response" not in html.render(assessment()).decode()


# Document control and appendix --------------------------------------------------------------------


def test_the_first_page_says_who_may_read_it_and_of_how_many_regions_it_speaks() -> None:
    document = DocumentControl(classification="Internal", distribution=("audit@example.com", "ciso@example.com"))
    cover = plain(paper(assessment(document=document)).partition('<nav id="contents">')[0])

    assert "Distribution audit@example.com, ciso@example.com" in cover
    assert "Classification Internal" in cover
    assert "3 of 4 enabled regions; 3 of 4 clusters that EKS lists in them." in cover
    assert "Prepared by Reviewed by Approved by" in cover


def test_findings_that_say_the_same_of_many_rules_share_a_row() -> None:
    quiet = [item for item in assessment().findings if item.check == "SEC-READ-DENIED"]
    more = [msgspec.structs.replace(quiet[0], check=f"RULE-{place}", id=f"{place}" * 64) for place in range(9)]
    table = appendix(assessment((*quiet, *more)), PAGES, T).conforming

    assert table is not None
    assert len(table.rows) == 1
    assert table.rows[0][1].text.startswith("SEC-READ-DENIED, RULE-0, RULE-1")


def test_the_inventory_counts_a_resource_once() -> None:
    table = appendix(assessment(), PAGES, T).resources

    assert table is not None
    rows = {row[0].text: [cell.text for cell in row[1:3]] for row in table.rows}
    assert rows["AWS::Logs::LogGroup"] == ["2", "1"]


def test_permissions_stand_by_service_with_the_requests_that_were_sent() -> None:
    table = appendix(dark(), PAGES, T).permissions

    assert table is not None
    rows = {row[0].text: row[2].text for row in table.rows}
    assert rows["eks"] == "DescribeCluster"
    assert rows["Kubernetes"] == "list pods"


def test_every_word_of_the_glossary_is_explained() -> None:
    shown = appendix(assessment(), PAGES, T).glossary

    assert len(shown) == len(WORDS)
    assert all(fact.value.endswith(".") for fact in shown)


def test_the_appendix_is_bounded_on_paper() -> None:
    shown = appendix(large(2_000), PAGES, T)

    for table in (shown.conforming, shown.resources, shown.permissions):
        assert table is None or len(table.rows) <= PAGES.conforming
