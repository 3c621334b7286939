"""Render an assessment: one module per format, imported when it is asked for."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Protocol, cast

from eksaminer.findings import Assessment

ENGLISH = "en"


class _Renderer(Protocol):
    def render(self, assessment: Assessment) -> bytes: ...


class _LanguageRenderer(Protocol):
    def render(self, assessment: Assessment, language: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: its name on the command line, its file, and the module that makes it."""

    name: str
    english_file: str
    module: str
    for_people: bool = True
    """Whether there is one file for each language; files for machines are in none."""
    language: str = ENGLISH

    @property
    def file(self) -> str:
        """The name of the file: `report.html`, `report.zh-TW.html`."""
        if self.language == ENGLISH or not self.for_people:
            return self.english_file
        stem, _, ending = self.english_file.rpartition(".")
        return f"{stem}.{self.language}.{ending}"

    def into(self, language: str) -> "Format":
        """Return the same format in *language*."""
        return replace(self, language=language)

    def render(self, assessment: Assessment) -> bytes:
        """Return *assessment* in this format: equal assessments give equal bytes."""
        module = importlib.import_module(f"{__name__}.{self.module}")
        if self.for_people:
            return cast("_LanguageRenderer", module).render(assessment, self.language)
        return cast("_Renderer", module).render(assessment)


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        item.name: item
        for item in (
            Format("html", "report.html", "html"),
            Format("pdf", "report.pdf", "pdf"),
            Format("json", "assessment.json", "json", for_people=False),
            Format("csv", "findings.csv", "csv", for_people=False),
            Format("hits", "hits.csv", "hits", for_people=False),
            Format("md", "summary.md", "markdown"),
        )
    }
)
"""All formats, by name."""
