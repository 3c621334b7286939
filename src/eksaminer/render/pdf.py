"""report.pdf: the report on paper, by WeasyPrint, with the fonts of the package."""

import ctypes
import gc
import io
import logging
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from importlib.util import find_spec
from unicodedata import combining

from eksaminer.errors import UsageError
from eksaminer.findings import Assessment
from eksaminer.render import conformance, show, templates
from eksaminer.render.attached import File, files_of, table
from eksaminer.render.fonts import characters, han_characters, needs_han
from eksaminer.render.limits import PAGES
from eksaminer.render.safe import escape, visible
from eksaminer.render.texts import ENGLISH, Texts, texts

INSTALL = "apt-get install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"

LONGEST = 1_000
"""Characters of one string on paper."""

_MISSING_NAMED = 20
"""Characters without a glyph that the document lists."""

_LIBRARIES = {
    "linux": (
        "libgobject-2.0.so.0",
        "libpango-1.0.so.0",
        "libharfbuzz.so.0",
        "libfontconfig.so.1",
        "libpangoft2-1.0.so.0",
    )
}
"""What WeasyPrint opens; on other systems only its own import can tell."""


class PdfUnavailableError(UsageError):
    """A PDF was asked for, and this machine cannot make one."""


def pdf_problem() -> str | None:
    """Say why no PDF can be made here, without loading WeasyPrint; None: nothing is missing."""
    if find_spec("weasyprint") is None:
        return "WeasyPrint is not installed"
    missing = [name for name in _LIBRARIES.get(sys.platform, ()) if not _opens(name)]
    return f"these libraries of Pango are missing: {', '.join(missing)}" if missing else None


def _opens(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def render(assessment: Assessment, language: str = ENGLISH) -> bytes:
    """Return *assessment* in *language* as PDF/A-3a and PDF/UA-1 with its evidence attached.

    Raises:
        PdfUnavailableError: Something that it takes is missing.
    """
    problem = pdf_problem()
    if problem:
        raise PdfUnavailableError(f"No PDF can be made: {problem}.", f"Install them: {INSTALL}")
    files = files_of(assessment)
    return _paged(page_of(assessment, files, language), assessment, files)


def page_of(assessment: Assessment, files: Sequence[File], language: str = ENGLISH) -> str:
    """Return the HTML that becomes the PDF."""
    sentences = texts(language)
    return templates.render(
        "report.pdf.j2",
        assessment,
        PAGES,
        medium="pages",
        visible=printable,
        own={},
        values={"files": table(files, sentences)},
        remarks=tuple(_remarks(files, sentences)),
        language=language,
    )


def _remarks(files: Sequence[File], texts: Texts) -> Iterator[str]:
    """Say what of the evidence is attached, and which characters no font of the package has."""
    attached = [item.name for item in files if item.attached]
    yield texts("limits.attached", files=", ".join(attached))
    beside = [item.name for item in files if not item.attached]
    if beside:
        yield texts("limits.beside", files=", ".join(beside))
    missing = unprintable(item.data.decode() for item in files[:1])
    if missing:
        shown = show.first((escape(character) for character in missing), _MISSING_NAMED, texts)
        yield texts.several("limits.missing", len(missing), characters=shown)


def _paged(page: str, assessment: Assessment, files: Sequence[File]) -> bytes:
    import weasyprint  # noqa: PLC0415 - takes more than a second to import
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415 - as above

    from eksaminer.render.fetch import fetch  # noqa: PLC0415 - imports WeasyPrint

    fonts, moment = FontConfiguration(), assessment.run.as_of
    styles = ("marks.css", "pages.css", *(("han.css",) if needs_han(page) else ()))
    sheets = [weasyprint.CSS(string=templates.asset(name), url_fetcher=fetch, font_config=fonts) for name in styles]
    attachments = [
        weasyprint.Attachment(
            string=item.data,
            name=item.name,
            description=f"{item.name} of run {assessment.run.id}",
            created=moment,
            modified=moment,
            relationship="Data",
            url_fetcher=fetch,
        )
        for item in files
        if item.attached
    ]
    target = io.BytesIO()
    with _no_silent_tofu(), _nothing_fetched(), _no_garbage_sought():
        weasyprint.HTML(string=page, url_fetcher=fetch).write_pdf(
            target,
            finisher=conformance.finish,
            stylesheets=sheets,
            font_config=fonts,
            attachments=attachments,
            pdf_variant=conformance.VARIANT,
            pdf_identifier=sha256(page.encode()).digest()[:16],
        )
    return target.getvalue()


def printable(text: str) -> str:
    r"""Return *text* with everything that cannot be seen, or that no font of the package has, as `\u{…}`."""
    shown = visible(text, LONGEST)
    if shown.isascii():
        return shown
    before = ("", *shown)
    return "".join(one if _has_glyph(one, last) else escape(one) for one, last in zip(shown, before, strict=False))


def unprintable(contents: Iterable[str]) -> tuple[str, ...]:
    """Return the visible characters of *contents* that no font of the package has, each once, in order."""
    found: set[str] = set()
    for text in contents:
        if not text.isascii():
            found.update(text)
    return tuple(
        sorted(item for item in found if visible(item) == item and not item.isspace() and not _has_glyph(item))
    )


def _has_glyph(character: str, before: str = "") -> bool:
    """Say whether a font has *character*. An accent is set in the font of what it stands on; the Chinese have none."""
    if combining(character) and before and ord(before) in han_characters():
        return False
    return ord(character) in characters() or ord(character) in han_characters()


@contextmanager
def _no_silent_tofu() -> Generator[None]:
    """Collect the warnings of WeasyPrint: a page with a missing glyph must not leave the house."""
    logger, handler = logging.getLogger("weasyprint"), _Collector()
    propagate, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate
    if handler.problems:
        raise PdfUnavailableError(f"The PDF would not be right: {handler.problems[0]}.", "Please report it.")


@contextmanager
def _no_garbage_sought() -> Generator[None]:
    """Let the layout grow undisturbed: it is all alive, and walking through it again and again takes a third more."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def _nothing_fetched() -> Generator[None]:
    """Turn the error of the fetcher, which ends a program, into one that is reported."""
    from weasyprint.urls import FatalURLFetchingError  # noqa: PLC0415 - loads WeasyPrint

    try:
        yield
    except FatalURLFetchingError as error:
        raise PdfUnavailableError(f"{error}.", "Please report it.") from error


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.problems: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.problems.append(record.getMessage())
