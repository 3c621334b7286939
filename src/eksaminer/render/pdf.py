"""report.pdf: the report on paper, by WeasyPrint, with the fonts of the package."""

import ctypes
import io
import logging
import sys
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from importlib.util import find_spec

from eksaminer.errors import UsageError
from eksaminer.findings import Assessment
from eksaminer.render import json, templates
from eksaminer.render.fonts import characters
from eksaminer.render.limits import PAGES
from eksaminer.render.safe import escape, visible

INSTALL = "apt-get install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"

LONGEST = 1_000
"""Characters of one string on paper."""

LARGEST_ATTACHMENT = 48 * 1024 * 1024
"""Bytes of assessment.json (20,000 findings take about 33 MB): more would cost too much memory."""

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


def render(assessment: Assessment) -> bytes:
    """Return *assessment* as a PDF with assessment.json attached. Raises `PdfUnavailableError`."""
    problem = pdf_problem()
    if problem:
        raise PdfUnavailableError(f"No PDF can be made: {problem}.", f"Install them: {INSTALL}")
    data = json.render(assessment)
    attached = len(data) <= LARGEST_ATTACHMENT
    return _paged(page_of(assessment, attached=attached), assessment, data if attached else None)


def page_of(assessment: Assessment, *, attached: bool = True) -> str:
    """Return the HTML that becomes the PDF."""
    extra = "attached" if attached else "beside"
    return templates.render(
        "report.pdf.j2", assessment, PAGES, medium="pages", visible=printable, own={}, remarks=(extra,)
    )


def _paged(page: str, assessment: Assessment, data: bytes | None) -> bytes:
    import weasyprint  # noqa: PLC0415 - takes more than a second to import
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415 - as above

    from eksaminer.render.fetch import fetch  # noqa: PLC0415 - imports WeasyPrint

    fonts, moment = FontConfiguration(), assessment.run.as_of
    sheets = [
        weasyprint.CSS(string=templates.asset(name), url_fetcher=fetch, font_config=fonts)
        for name in ("marks.css", "pages.css")
    ]
    attachment = data and weasyprint.Attachment(
        string=data,
        name="assessment.json",
        description="The assessment that this report shows",
        created=moment,
        modified=moment,
        relationship="Data",
        url_fetcher=fetch,
    )
    target = io.BytesIO()
    with _no_silent_tofu(), _nothing_fetched():
        weasyprint.HTML(string=page, url_fetcher=fetch).write_pdf(
            target,
            stylesheets=sheets,
            font_config=fonts,
            attachments=[attachment] if attachment else [],
            pdf_identifier=sha256(assessment.run.id.encode()).digest()[:16],
            pdf_tags=True,
        )
    return target.getvalue()


def printable(text: str) -> str:
    r"""Return *text* with everything that cannot be seen, or that no font of the package has, as `\u{…}`."""
    shown = visible(text, LONGEST)
    if shown.isascii():
        return shown
    known = characters()
    return "".join(character if ord(character) in known else escape(character) for character in shown)


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
