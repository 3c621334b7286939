"""Drawings: words stay words, nothing from outside becomes markup, long names fit."""

import re
from xml.etree import ElementTree as ET

import pytest

from eksaminer.render import templates
from eksaminer.render.drawing import PAPER, Box, Drawing, Line, Words, fitted, wide
from eksaminer.render.safe import visible

SVG = "{http://www.w3.org/2000/svg}"


def written(picture: Drawing) -> ET.Element:
    environment = templates.environment_of(visible)
    macro = environment.get_template("_macros.j2").module
    return ET.fromstring(str(macro.drawing(picture, "picture")))  # type: ignore[attr-defined]


PICTURE = Drawing(
    width=100,
    height=50,
    title="Who may <b>assume</b> & what",
    shapes=(
        Box(0, 0, 40, 20, dashed=True),
        Line(((40, 10), (60, 30)), stroke="fail", bent=True),
        Line(((0, 0), (5, 5), (10, 0)), stroke="pass"),
        Words(62, 30, "</text><script>alert(1)</script>\u202e", anchor="middle", strong=True),
    ),
)


def test_words_are_text_with_a_title_that_the_picture_is_labelled_by() -> None:
    svg = written(PICTURE).find(f"{SVG}svg")

    assert svg is not None
    assert svg.get("aria-labelledby") == "picture"
    assert svg.findtext(f"{SVG}title") == PICTURE.title
    assert svg.findtext(f"{SVG}text") == "</text><script>alert(1)</script>\\u{202e}"


def test_a_bent_line_leaves_and_arrives_level() -> None:
    paths = [item.get("d") for item in written(PICTURE).iter(f"{SVG}path")]

    assert paths == ["M40 10C50 10 50 30 60 30", "M0 0L5 5L10 0"]


@pytest.mark.parametrize("name", PAPER)
def test_every_colour_has_its_class_on_the_screen(name: str) -> None:
    style = templates.asset("screen.css")

    assert f".fill-{name} {{ fill: var(--{name}); }}" in style
    assert f".stroke-{name} {{ stroke: var(--{name}); }}" in style
    assert re.search(rf"--{name}: #", style)


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        pytest.param("short", 100, "short", id="fits"),
        pytest.param("a-very-long-name-of-a-role", 60, "a-ver…role", id="begin and end stay"),
        pytest.param("long", 6, "l…", id="hardly any room"),
    ],
)
def test_fits(text: str, width: float, shown: str) -> None:
    assert fitted(text, width) == shown


def test_wide_characters_count_twice() -> None:
    assert wide("漢字") == 4
