"""What people decided, in every output: never hidden, never more than it is."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest
from tests.render.decided import LEAD, WAIVED, decided
from tests.render.sample import assessment

from eksaminer.findings import Assessment
from eksaminer.render import attached, html, markdown, pdf, terminal
from eksaminer.render import csv as table
from eksaminer.render.limits import PAGES
from eksaminer.render.texts import ENGLISH, texts
from eksaminer.render.waivers import lines, waivers


def plain(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def pages(shown: Assessment) -> str:
    return plain(pdf.page_of(shown, attached.files_of(shown)))


@pytest.mark.parametrize(
    "said",
    [
        "2 waivers are in force: W-7, W-8.",
        "Within 30 days 1 of them ends: W-7.",
        "1 waiver has expired and accepts nothing: W-9.",
        "1 waiver names no exception of this run: W-10.",
        f"1 finding for review has a reviewer's answer: {LEAD.id[:12]}.",
        f"1 answer is older than events that it would answer, and does not hold: {LEAD.id[:12]}.",
        "1 answer is about no finding for review of this run: 000000000000.",
    ],
)
def test_every_format_for_people_says_which_decisions_hold_and_which_do_not(said: str) -> None:
    shown = decided()

    assert said in plain(html.render(shown).decode())
    assert said in pages(shown)
    assert said in plain(markdown.render(shown).decode())
    assert said in " ".join(terminal.render(shown, width=500).split())


def test_the_register_shows_reason_approver_dates_and_what_is_left() -> None:
    register = waivers(decided(), PAGES, texts(ENGLISH)).waivers

    assert register is not None
    rows = {row[0].text: row for row in register.rows}
    assert list(rows) == ["W-9", "W-10", "W-7", "W-8"], "what is wrong stands first"
    assert rows["W-7"][2].text == "The reason of W-7."
    assert rows["W-7"][3].text == "ciso@example.com"
    assert (rows["W-7"][4].text, rows["W-7"][4].under) == ("2026-09-01 to 2026-12-20", "30 days left")
    assert rows["W-9"][4].under == "over for 1 day"
    assert rows["W-9"][1].under == f"2 exceptions, failed 2: {WAIVED.id[:12]}, {decided().findings[1].id[:12]}."
    assert "It names 2 findings that are no exceptions." in rows["W-10"][1].under


def test_an_answer_stands_with_its_finding() -> None:
    said = "Authorised, by dana@example.com on 2026-11-20: The reason of authorised. (CHG-4711)"

    assert said in plain(html.render(decided()).decode())
    rows = list(csv.DictReader(io.StringIO(table.render(decided()).decode())))
    assert [row["answer_given"] for row in rows if row["id"] == LEAD.id] == [said]


def test_the_spreadsheet_says_who_accepted_what() -> None:
    rows = list(csv.DictReader(io.StringIO(table.render(decided()).decode())))
    (row,) = [row for row in rows if row["waiver"] == "W-7"]

    assert (row["status"], row["waiver_approver"]) == ("fail", "ciso@example.com")
    assert row["waiver_reason"] == "moves to S3 in December"


def test_without_decisions_the_chapter_says_so_and_the_summary_is_silent() -> None:
    assert "No waiver and no reviewer's answer was given to this run." in pages(assessment())
    assert list(lines(assessment(), texts(ENGLISH))) == []


def test_the_summary_says_how_many_failures_are_accepted() -> None:
    assert "Of these 2 are accepted by waivers in force." in pages(decided())
    assert "Of these" not in plain(html.render(assessment(())).decode())
