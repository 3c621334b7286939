"""report.html: one file that loads nothing and runs nothing but its own filter."""

from eksaminer.findings import Assessment
from eksaminer.render import templates
from eksaminer.render.limits import SCREEN
from eksaminer.render.safe import visible
from eksaminer.render.texts import ENGLISH


def render(assessment: Assessment, language: str = ENGLISH) -> bytes:
    """Return *assessment* as one HTML file in *language*."""
    style = templates.asset("marks.css") + templates.asset("screen.css")
    script = templates.asset("screen.js")
    policy = (
        f"default-src 'none'; style-src {templates.csp_hash(style)}; script-src {templates.csp_hash(script)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    own = {"style": style, "script": script, "policy": policy}
    page = templates.render(
        "report.html.j2", assessment, SCREEN, medium="screen", visible=visible, own=own, language=language
    )
    return page.encode()
