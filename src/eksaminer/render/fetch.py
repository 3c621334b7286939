"""What WeasyPrint may load: data that is in the document, and the fonts of the package. Nothing else, ever."""

from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from eksaminer.render.pdf import FONTS, font


class PackageFetcher(URLFetcher):
    """Answers `data:` and `font:NAME`; any other address ends the rendering."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Return what *url* names. Raises `FatalURLFetchingError`."""
        if url.startswith("data:"):
            return super().fetch(url, headers)
        name = url.removeprefix("font:")
        if url.startswith("font:") and name in FONTS:
            return URLFetcherResponse(url, font(name), {"Content-Type": "font/ttf"})
        raise FatalURLFetchingError(f"A report loads nothing from outside, and this was asked for: {url[:100]}")
