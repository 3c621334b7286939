"""What `eksaminer checks lint` prints for people."""

from collections.abc import Iterator
from textwrap import fill

from eksaminer.cli.console import printable
from eksaminer.detection.lint import LintReport, Problem

NARROWEST, WIDEST = 40, 110
INDENT = "    "


def as_text(report: LintReport, width: int) -> str:
    """Return the problems by file and line, and how many there are; lines of at most *width* columns."""
    columns = max(NARROWEST, min(width, WIDEST))
    blocks = ["\n".join(_problem(problem, columns)) for problem in report.problems]
    return printable("\n\n".join([*blocks, _sum(report)]))


def _problem(problem: Problem, width: int) -> Iterator[str]:
    place = f"{problem.file}:{problem.line}" if problem.line else problem.file
    yield f"{place}: {problem.level}: {problem.what} [{problem.kind}]"
    for head, text in (("why", problem.why), ("mend", problem.mend)):
        yield fill(f"{head + ':':6}{text}", width, initial_indent=INDENT, subsequent_indent=INDENT + " " * 6)


def _sum(report: LintReport) -> str:
    warnings = len(report.problems) - report.errors
    said = f"Rules: {report.rules}; files: {report.files}; errors: {report.errors}; warnings: {warnings}."
    others = f" Rules for other logs, left out: {report.skipped}." if report.skipped else ""
    assumed = ""
    if any(problem.kind == "never-logged" for problem in report.problems):
        assumed = f"\nWhat is logged is taken from the audit policy of the guide: {report.policy}."
    return said + others + assumed
