from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # - it ships no types
from tests.render.sample import assessment, large, objects
from weasyprint.urls import FatalURLFetchingError

from eksaminer.render import pdf
from eksaminer.render.fetch import fetch
from eksaminer.render.fonts import FONTS, characters, font
from eksaminer.render.limits import PAGES
from eksaminer.render.safe import visible

SCRIPT = """
import sys
from eksaminer.render import FORMATS
from eksaminer.render.json import load_assessment
sys.stdout.buffer.write(FORMATS["pdf"].render(load_assessment(sys.stdin.buffer.read())))
"""


@pytest.fixture(scope="module")
def document() -> bytes:
    return pdf.render(assessment())


def test_is_the_same_on_a_machine_without_any_font(document: bytes, tmp_path: Path) -> None:
    nothing = tmp_path / "fonts.conf"
    nothing.write_text('<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig></fontconfig>')
    environment = {**os.environ, "FONTCONFIG_FILE": str(nothing), "XDG_CACHE_HOME": str(tmp_path)}

    from eksaminer.render import json  # noqa: PLC0415 - the module, beside the one of the standard library

    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.render(assessment()),
        env=environment,
        capture_output=True,
        check=True,
    )

    assert done.stdout == document


def test_is_tagged_dated_and_has_one_attachment(document: bytes) -> None:
    inside = objects(document)

    assert document.startswith(b"%PDF-")
    assert b"/Marked true" in inside
    assert inside.count(b"D:20261120081500Z") >= 2
    assert inside.count(b"/Type /EmbeddedFile") == 1


def test_any_number_of_findings_gives_a_bounded_document() -> None:
    small, big = (pdf.page_of(large(number)) for number in (1_000, 5_000))

    assert small.count("<article") == big.count("<article") <= PAGES.exceptions
    assert abs(big.count("<tr") - small.count("<tr")) < 10


def test_a_very_large_assessment_is_not_attached_and_the_document_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "LARGEST_ATTACHMENT", 10)

    inside = objects(pdf.render(assessment(())))

    assert b"/EmbeddedFile" not in inside
    assert "too large to be attached" in pdf.page_of(assessment(()), attached=False)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("http://169.254.169.254/", id="metadata service"),
        pytest.param("https://example.com/x.png", id="https"),
        pytest.param("font:../OFL.txt", id="another file of the package"),
    ],
)
def test_loads_nothing_from_outside(url: str) -> None:
    with pytest.raises(FatalURLFetchingError):
        fetch(url)


def test_loads_the_fonts_of_the_package() -> None:
    for name in FONTS:
        assert fetch(f"font:{name}").read()[:4] == b"\x00\x01\x00\x00"


def test_the_list_of_characters_is_that_of_the_fonts() -> None:
    *text, mono = (frozenset(TTFont(io.BytesIO(font(name))).getBestCmap() or ()) for name in FONTS)

    assert characters() == frozenset.intersection(*text) | mono


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("prod", "prod", id="plain"),
        pytest.param("Zürich – “ok” ≥ 90 →", "Zürich – “ok” ≥ 90 →", id="in the fonts"),
        pytest.param("叢集", "\\u{53e2}\\u{96c6}", id="Chinese"),
        pytest.param("🚀", "\\u{1f680}", id="emoji"),
        pytest.param("a\u202eb", "a\\u{202e}b", id="bidi"),
    ],
)
def test_prints_what_the_fonts_have_and_escapes_the_rest(text: str, shown: str) -> None:
    assert pdf.printable(text) == shown


def test_long_names_are_cut_and_say_so() -> None:
    assert visible("x" * 1_005, 1_000).endswith("x … (5 characters more)")


def test_says_what_is_missing_and_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_LIBRARIES", {sys.platform: ("libno-such-library.so.0",)})

    with pytest.raises(pdf.PdfUnavailableError, match="libno-such-library") as caught:
        pdf.render(assessment())
    assert caught.value.exit_code == 2
    assert "apt-get install --no-install-recommends libpango-1.0-0" in caught.value.do


def test_finds_no_problem_here() -> None:
    assert pdf.pdf_problem() is None


def test_the_question_does_not_load_weasyprint() -> None:
    code = "import sys; from eksaminer.render.pdf import pdf_problem; pdf_problem(); print('weasyprint' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert done.stdout == "False\n"
