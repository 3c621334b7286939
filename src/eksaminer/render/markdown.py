"""summary.md: the conclusions and exceptions, for a pull request or a job summary."""

import re
from collections.abc import Iterable, Iterator

from eksaminer.findings import Assessment, Conclusion, Finding
from eksaminer.render import show
from eksaminer.render.results import MARKS, exceptions_of
from eksaminer.render.safe import visible
from eksaminer.render.texts import ENGLISH, Texts, texts
from eksaminer.render.translate import translated
from eksaminer.render.trend import line as trend_line
from eksaminer.render.unseen import curing, missing, unlisted, unread
from eksaminer.render.view import demo, nothing
from eksaminer.render.waivers import lines as waiver_lines

_ACTIVE = re.compile(r"[\\`*_{}\[\]#!|<>&~@$]|:(?=//)|(?<=www)\.", re.IGNORECASE)
"""Characters that can begin markup, a link, a mention or a formula."""

_EXCEPTIONS = 100
_REASONS = 50
_NAMES = 5
_LONGEST = 500
"""Characters of one cell: a job summary may have 1 MiB."""


def render(assessment: Assessment, language: str = ENGLISH) -> bytes:
    """Return a summary in Markdown, in *language*; every value is escaped."""
    return ("\n".join(_lines(translated(assessment, language), texts(language))) + "\n").encode()


def escaped(text: str) -> str:
    """Return *text* so that Markdown and HTML show it as it is."""
    short = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
    return _ACTIVE.sub(lambda found: f"&#{ord(found[0])};", visible(short))


def _lines(assessment: Assessment, t: Texts) -> Iterator[str]:
    run = assessment.run
    accounts = ", ".join(sorted({target.account for target in assessment.targets}))
    yield f"# {escaped(t('terminal.headline', account=accounts, as_of=show.when(run.as_of, t)))}"
    yield ""
    identity = run.identity.arn or t("fact.no_identity")
    yield escaped(t("terminal.collected_by", identity=identity, run=run.id, version=assessment.tool.version))
    yield ""
    for told in filter(None, (demo(assessment, t), nothing(assessment, t))):
        yield escaped(told)
        yield ""
    head = (t("column.recommendation"), t("column.conclusion"), t("column.why"))
    yield from _table(head, (_conclusion(item, t) for item in assessment.conclusions))
    yield from _exceptions(assessment, t)
    decided = (*waiver_lines(assessment, t), trend_line(assessment, t))
    yield from (escaped(sentence) + "\n" for sentence in decided if sentence)
    yield from _unseen(assessment, t)


def _conclusion(item: Conclusion, t: Texts) -> tuple[str, ...]:
    mark = MARKS[item.conclusion]
    return item.title, t(f"conclusion.{mark}"), t.prose(item.reasons) or t(f"reason.{mark}")


def _exceptions(assessment: Assessment, t: Texts) -> Iterator[str]:
    found = exceptions_of(assessment.findings)
    yield f"## {t('markdown.exceptions')}"
    yield ""
    if not found:
        yield t("terminal.no_exceptions_known" if assessment.population.incomplete else "terminal.no_exceptions")
        yield ""
        return
    head = tuple(t(f"column.{name}") for name in ("status", "severity", "check", "where", "condition"))
    yield from _table(head, (row(finding, t) for finding in found[:_EXCEPTIONS]))
    if len(found) > _EXCEPTIONS:
        yield t.several("terminal.more", len(found) - _EXCEPTIONS)
        yield ""


def _unseen(assessment: Assessment, t: Texts) -> Iterator[str]:
    groups = (*unlisted(assessment, t), *missing(assessment.findings), *unread(assessment, t))
    if not groups:
        return
    yield f"## {t('markdown.unseen')}"
    yield ""
    head = tuple(t(f"column.{name}") for name in ("cause", "checks", "targets", "happened"))
    rows = (
        (
            t(f"cause.{group.reason.cause.value}.name"),
            show.first(group.checks, _NAMES, t),
            show.first(group.targets, _NAMES, t),
            group.reason.detail,
        )
        for group in groups[:_REASONS]
    )
    yield from _table(head, rows)
    if len(groups) > _REASONS:
        yield t.several("terminal.more", len(groups) - _REASONS)
        yield ""
    missed = curing(assessment)
    if missed:
        yield escaped(t("terminal.cure", permissions=show.first(missed, _REASONS, t)))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(map(escaped, head))} |"
    yield f"|{' --- |' * len(head)}"
    for cells in rows:
        yield f"| {' | '.join(map(escaped, cells))} |"
    yield ""


def row(finding: Finding, t: Texts) -> tuple[str, str, str, str, str]:
    """Return the words of one exception for a table."""
    status = t(f"status.{finding.status.value}")
    if finding.waiver is not None:
        status = f"{status} ({t('exception.accepted').lower()})"
    elif finding.disposition is not None:
        status = f"{status} ({t.word(f'answer.{finding.disposition}', finding.disposition).lower()})"
    severity = t(f"severity.{finding.severity.value}")
    return status, severity, finding.check, show.short(finding.target), finding.text
