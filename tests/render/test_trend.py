"""The chapter on what changed since the audit before."""

from __future__ import annotations

import re
from html import unescape

from tests.render.followed import every_change, followed, unchanged
from tests.render.sample import assessment

from eksaminer.render import attached, html, markdown, pdf, terminal
from eksaminer.render.limits import PAGES, SCREEN
from eksaminer.render.texts import ENGLISH, texts
from eksaminer.render.trend import line, trend

T = texts(ENGLISH)


def plain(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_every_format_for_people_says_what_changed_in_one_sentence() -> None:
    shown = followed()
    said = line(shown, T)

    assert said.startswith("Since the audit as of 2026-11-21 08:15:00 UTC: ")
    assert said in plain(html.render(shown).decode())
    assert said in plain(pdf.page_of(shown, attached.files_of(shown)))
    assert said.replace("|", "") in plain(markdown.render(shown).decode())
    assert said in " ".join(terminal.render(shown, width=500).split())


def test_the_chapter_lists_what_is_worst_first_and_counts_what_it_leaves_out() -> None:
    table = trend(every_change(), PAGES, T).changes

    assert table is not None
    assert [row[0].text for row in table.rows[:13]] == ["new"] * 12 + ["came back"]
    assert len(table.rows) == PAGES.changes
    assert table.note == "56 rows more are in assessment.json."


def test_the_picture_has_a_bar_for_each_of_the_newest_audits_and_a_table_of_all() -> None:
    chart = trend(every_change(), SCREEN, T).chart

    assert chart is not None
    assert chart.note == "3 older audits are not drawn; the table has them."
    assert chart.table is not None
    assert len(chart.table.rows) == 15
    assert chart.picture.title.startswith("Findings of 15 audits. 2026-11-23 08:15:00 UTC: Fail 3, Review 3, ")


def test_an_exception_says_when_it_was_first_seen() -> None:
    page = plain(html.render(followed()).decode())

    assert "First seen 2026-11-20 08:15:00 UTC, 2 days before this audit (unchanged)" in page


def test_the_first_audit_of_a_chain_says_how_to_compare() -> None:
    assert "--previous names one" in plain(html.render(assessment()).decode())
    assert line(assessment(), T) == ""


def test_a_chain_of_audits_without_exceptions_says_so() -> None:
    assert line(unchanged(), T).endswith(": no exception then or now.")
