"""What WeasyPrint may load: data that is in the document, and the fonts of the package. Nothing else, ever."""

from typing import Any

from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from eksaminer.render.fonts import FONTS, HAN_FONTS, font

_INLINE = URLFetcher(allowed_protocols={"data"})


def fetch(url: str) -> Any:
    """Return what *url* (`data:…` or `font:NAME`) names. Any other address ends the rendering."""
    if url.startswith("data:"):
        return _INLINE.fetch(url)
    if url.startswith("font:") and url.removeprefix("font:") in (*FONTS, *HAN_FONTS):
        return URLFetcherResponse(url, font(url.removeprefix("font:")), {"Content-Type": "font/ttf"})
    raise FatalURLFetchingError(f"A report loads nothing from outside, and this was asked for: {url[:100]}")
