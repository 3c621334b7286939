"""Render an assessment: one module per format, imported when it is asked for."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, cast

from eksaminer.findings import Assessment


class _Renderer(Protocol):
    def render(self, assessment: Assessment) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: its name on the command line, its file, and the module that makes it."""

    name: str
    file: str
    module: str

    def render(self, assessment: Assessment) -> bytes:
        """Return *assessment* in this format: equal assessments give equal bytes."""
        module = importlib.import_module(f"{__name__}.{self.module}")
        return cast("_Renderer", module).render(assessment)


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        item.name: item
        for item in (
            Format("html", "report.html", "html"),
            Format("pdf", "report.pdf", "pdf"),
            Format("json", "assessment.json", "json"),
            Format("csv", "findings.csv", "csv"),
            Format("hits", "hits.csv", "hits"),
            Format("md", "summary.md", "markdown"),
        )
    }
)
"""All formats, by name."""
