"""Every string of an assessment may be hostile; in no format does it become more than text."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser

import pytest
from tests.render.sample import HOSTILE, assessment, objects, poisoned

from eksaminer.render import FORMATS, terminal
from eksaminer.render.texts import LANGUAGES

PAYLOADS = [pytest.param(payload, id=name) for name, payload in HOSTILE.items()]
INVISIBLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\u00ad\u3164\u2800\ufe0f]"
)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = tuple(name for name, _ in attrs)
        self.tags.append((tag, names))
        self.links.extend(value or "" for name, value in attrs if name in ("href", "src"))


def parsed(page: bytes) -> Tags:
    tags = Tags()
    tags.feed(page.decode())
    return tags


def plain(tags: list[tuple[str, tuple[str, ...]]]) -> list[tuple[str, tuple[str, ...]]]:
    """Leave out what a name may change rightly: links of references, code in backticks, lines of a command."""
    return [tag for tag in tags if tag[0] not in ("a", "code", "p", "span")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_html_keeps_its_structure(payload: str, language: str) -> None:
    kind = FORMATS["html"].into(language)
    harmless = parsed(kind.render(poisoned(assessment(), "x")))

    page = kind.render(poisoned(assessment(), payload))
    found = parsed(page)

    assert plain(found.tags) == plain(harmless.tags)
    assert all(link.startswith(("#", "https://")) for link in found.links)
    assert not INVISIBLE.search(page.decode())


@pytest.mark.parametrize("payload", PAYLOADS)
def test_csv_holds_no_formula(payload: str) -> None:
    rows = list(csv.reader(io.StringIO(FORMATS["csv"].render(poisoned(assessment(), payload)).decode(), newline="")))

    assert len(rows) == len(assessment().findings) + 1
    assert not [cell for row in rows for cell in row if cell.strip().startswith(("=", "+", "-", "@", "＝"))]
    assert not [cell for row in rows for cell in row if INVISIBLE.search(cell)]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_hits_hold_no_formula(payload: str) -> None:
    (head, *rows) = csv.reader(
        io.StringIO(FORMATS["hits"].render(poisoned(assessment(), payload)).decode(), newline="")
    )

    assert rows
    assert {len(row) for row in rows} == {len(head)}
    assert not [cell for row in rows for cell in row if cell.strip().startswith(("=", "+", "-", "@", "＝"))]
    assert not [cell for row in rows for cell in row if INVISIBLE.search(cell)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_markdown_is_text_in_tables(payload: str, language: str) -> None:
    kind = FORMATS["md"].into(language)
    harmless = kind.render(poisoned(assessment(), "x")).decode().splitlines()

    lines = kind.render(poisoned(assessment(), payload)).decode().splitlines()

    assert len(lines) == len(harmless)
    assert [line.count("|") for line in lines] == [line.count("|") for line in harmless]
    assert not [line for line in lines if re.search(r"<|\]\(|!\[|`|://", line)]
    assert not INVISIBLE.search("".join(lines))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_terminal_gets_no_control_characters(payload: str, language: str) -> None:
    shown = terminal.render(poisoned(assessment(), payload), language)

    assert not INVISIBLE.search(shown)


@pytest.mark.parametrize(
    "payload",
    [pytest.param(HOSTILE[name], id=name) for name in ("attachment", "chinese and emoji")],
)
def test_the_pdf_links_embeds_and_loads_nothing_more(payload: str) -> None:
    inside = objects(FORMATS["pdf"].render(poisoned(assessment(), payload)))

    links = re.findall(rb"/URI \((.*?)\)", inside)
    assert links
    assert all(link.startswith(b"https://docs.aws.amazon.com/") for link in links)
    assert inside.count(b"/Type /EmbeddedFile") == 5
    assert b"/JavaScript" not in inside
