"""The templates, their environment and the files beside them."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from eksaminer.findings import Assessment
from eksaminer.render.limits import Limits
from eksaminer.render.texts import ENGLISH, texts
from eksaminer.render.translate import translated
from eksaminer.render.view import View, view

SECTIONS = (
    "summary",
    "scope",
    "results",
    "waivers",
    "activity",
    "cost",
    "trust",
    "trend",
    "unseen",
    "coverage",
    "appendix",
    "sources",
    "verify",
    "limits",
)

NOTHING: Mapping[str, object] = MappingProxyType({})


def render(
    template: str,
    assessment: Assessment,
    limits: Limits,
    *,
    medium: str,
    visible: Callable[[str], str],
    own: Mapping[str, str],
    values: Mapping[str, object] = NOTHING,
    remarks: tuple[str, ...] = (),
    language: str = ENGLISH,
) -> str:
    """Render *template*. *visible* sees every value that is printed; *own* is text of this package, not escaped.

    *values* are further ones for the template, escaped like all others; *remarks* are sentences about the document
    itself.
    """
    environment = environment_of(visible)
    sentences = texts(language)
    shown: View = view(translated(assessment, language), limits, sentences)
    return environment.get_template(template).render(
        view=shown,
        t=sentences,
        limits=limits,
        medium=medium,
        remarks=remarks,
        language=language,
        sections=SECTIONS,
        **values,
        **{name: _trusted(text) for name, text in own.items()},
    )


def asset(name: str) -> str:
    """Return a text file of the package of templates."""
    return files("eksaminer_templates").joinpath(name).read_text("utf-8")


def csp_hash(text: str) -> str:
    """Return *text* as a source expression of a Content-Security-Policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def environment_of(visible: Callable[[str], str]) -> Environment:
    """Return the environment of the templates; *visible* sees every value that is printed.

    It keeps the templates that it has compiled, which takes longer than to render one.
    """

    def finalize(value: object) -> object:
        return visible(value) if type(value) is str else value

    return Environment(
        loader=PackageLoader("eksaminer_templates", ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        keep_trailing_newline=True,
    )


def _trusted(text: str) -> Markup:
    """Let a style or script of this package through: no part of it comes from an assessment."""
    return Markup(text)  # noqa: S704 - package data, the only markup that is not escaped
