"""The summary on the terminal: conclusions, exceptions, and what could not be assessed."""

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tabulate import tabulate
from wcwidth import wcswidth

from eksaminer.findings import Assessment, Finding
from eksaminer.render import show
from eksaminer.render.cost import line as cost_line
from eksaminer.render.markdown import row
from eksaminer.render.results import MARKS, SHOWN_COUNTS, exceptions_of
from eksaminer.render.safe import visible, whole_words
from eksaminer.render.texts import ENGLISH, Texts, texts
from eksaminer.render.translate import translated
from eksaminer.render.trend import line as trend_line
from eksaminer.render.unseen import curing, missing, unlisted, unread
from eksaminer.render.view import demo, nothing
from eksaminer.render.waivers import lines as waiver_lines

_ROWS = 25
_NAMES = 4
_NARROWEST = 60
_LONGEST = 400
"""Characters of one text."""
_LONGEST_REASON = 240
"""Characters of the reasons of a conclusion."""
_INDENT = "    "

_COLOURS = {
    "fail": "31;1", "noted": "31;1", "review": "33", "pass": "32", "clear": "32", "not_assessed": "35", "open": "35",
}  # fmt: skip


def _words(cell: str | tuple[str, str]) -> str:
    return visible(cell if isinstance(cell, str) else cell[1], 2 * _LONGEST)


def _short(text: str, longest: int = _LONGEST) -> str:
    """Return *text*, or as many whole words of it as a screen has room for."""
    return textwrap.shorten(text, longest, placeholder=" …") if len(text) > longest else text


def render(assessment: Assessment, language: str = ENGLISH, *, colour: bool = False, width: int = 100) -> str:
    """Return a summary of *assessment* for a terminal of *width* columns; with escape sequences only if asked."""
    screen = _Screen(texts(language), colour=colour, width=max(width, _NARROWEST))
    return "\n".join(screen.lines(translated(assessment, language))) + "\n"


class _Screen:
    def __init__(self, t: Texts, *, colour: bool, width: int) -> None:
        self._t = t
        self._colour = colour
        self._width = width

    def lines(self, assessment: Assessment) -> Iterator[str]:
        t, run = self._t, assessment.run
        accounts = ", ".join(sorted({target.account for target in assessment.targets}))
        yield from self._text(t("terminal.headline", account=accounts, as_of=show.when(run.as_of, t)))
        identity = run.identity.arn or t("fact.no_identity")
        version = assessment.tool.version
        yield from self._text(t("terminal.collected_by", identity=identity, run=run.id, version=version))
        for told in (demo(assessment, t), nothing(assessment, t)):
            yield from self._text(told)
        yield ""
        yield from self._conclusions(assessment)
        yield ""
        yield from self._exceptions(assessment)
        said = [*waiver_lines(assessment, t), trend_line(assessment, t), cost_line(assessment, t)]
        for sentence in said:
            yield from self._text(sentence)
        if any(said):
            yield ""
        yield from self._unseen(assessment)
        yield ", ".join(self._counts(assessment))

    def _conclusions(self, assessment: Assessment) -> Iterator[str]:
        t = self._t
        head = (t("column.recommendation"), t("column.conclusion"), t("column.why"))
        rows = [
            (
                item.title,
                (MARKS[item.conclusion], t(f"conclusion.{MARKS[item.conclusion]}")),
                _short(t.prose(item.reasons), _LONGEST_REASON) or t(f"reason.{MARKS[item.conclusion]}"),
            )
            for item in assessment.conclusions
        ]
        yield from self._table(head, rows, (32, 19))

    def _exceptions(self, assessment: Assessment) -> Iterator[str]:
        t, found = self._t, exceptions_of(assessment.findings)
        if not found:
            yield t("terminal.no_exceptions_known" if assessment.population.incomplete else "terminal.no_exceptions")
            yield ""
            return
        groups: dict[tuple[str, ...], list[Finding]] = defaultdict(list)
        for finding in found:
            groups[*row(finding, t)[:3], finding.status.value].append(finding)
        yield from self._list(
            t("markdown.exceptions"), [self._row(key, group) for key, group in list(groups.items())[:_ROWS]]
        )
        yield from self._more(sum(len(group) for group in list(groups.values())[_ROWS:]))
        yield ""

    def _row(self, key: tuple[str, ...], group: list[Finding]) -> tuple[str | tuple[str, str], ...]:
        words, severity, check, status = key
        where = show.first(dict.fromkeys(show.short(finding.target) for finding in group), _NAMES, self._t)
        text = _short(group[0].text)
        several = self._t("word.others", n=f"{len(group) - 1:,}") if len(group) > 1 else ""
        return (status, words), severity, check, where, self._t.prose((text, several))

    def _unseen(self, assessment: Assessment) -> Iterator[str]:
        t = self._t
        groups = (*unlisted(assessment, t), *missing(assessment.findings), *unread(assessment, t))
        if not groups:
            return
        rows = [
            (
                ("not_assessed", t(f"cause.{group.reason.cause.value}.name")),
                show.first(group.targets, _NAMES, t),
                f"{show.first(group.checks, _NAMES, t)}: {_short(group.reason.detail)}",
            )
            for group in groups[:_ROWS]
        ]
        yield from self._list(t("markdown.unseen"), rows)
        yield from self._more(len(groups) - _ROWS)
        missed = curing(assessment)
        if missed:
            yield from self._text(t("terminal.cure", permissions=show.first(missed, _ROWS, t)))
        yield ""

    def _more(self, count: int) -> Iterator[str]:
        if count > 0:
            yield self._t.several("terminal.more", count)

    def _counts(self, assessment: Assessment) -> Iterator[str]:
        for status in SHOWN_COUNTS:
            number = assessment.summary.statuses.get(status.value, 0)
            if number:
                yield f"{self._t(f'status.{status.value}')}: {self._painted(status.value, f'{number:,}')}"

    def _text(self, text: str, indent: str = "") -> list[str]:
        width = self._width - len(indent)
        shown = whole_words(visible(text), width)
        if wcswidth(shown) == len(shown):
            lines = textwrap.wrap(shown, width, break_on_hyphens=False)
        else:  # textwrap does not know that a character can take two columns
            lines = tabulate(
                [[shown]], tablefmt="plain", disable_numparse=True, maxcolwidths=[width], break_on_hyphens=False
            ).splitlines()
        return [f"{indent}{line}" for line in lines]

    def _list(self, title: str, rows: Sequence[Sequence[str | tuple[str, str]]]) -> Iterator[str]:
        """Lay out *rows* as columns, and below each its last text over the whole width, so that names stay whole."""
        yield title
        yield "-" * self._width
        widths = [max((wcswidth(_words(cell)) for cell in column), default=0) for column in zip(*rows, strict=True)]
        for *cells, text in rows:
            yield from self._first_line(cells, widths)
            yield from self._text(_words(text), _INDENT)

    def _first_line(self, cells: Sequence[str | tuple[str, str]], widths: Sequence[int]) -> Iterator[str]:
        """Give *cells* in columns; what does not fit into the width goes on below, indented."""
        *columns, rest = cells
        pads = [" " * (width - wcswidth(_words(cell))) for cell, width in zip(columns, widths, strict=False)]
        start = "  ".join(self._cell(cell) + pad for cell, pad in zip(columns, pads, strict=True))
        taken = sum(widths[: len(columns)]) + 2 * len(columns)
        if taken + wcswidth(_words(rest)) <= self._width:
            yield f"{start}  {_words(rest)}"
            return
        if taken - 2 <= self._width:
            yield start.rstrip()
        else:
            yield from self._text("  ".join(map(_words, columns)))
        yield from self._text(_words(rest), _INDENT)

    def _table(
        self,
        head: Sequence[str],
        rows: Iterable[Sequence[str | tuple[str, str]]],
        widths: Sequence[int],
    ) -> Iterator[str]:
        """Lay out *rows*; the last column takes what is left. A pair is a mark and its words."""
        rest = self._width - sum(widths) - 2 * len(widths)
        cells = [[self._cell(value) for value in line] for line in rows]
        table = tabulate(
            cells,
            headers=head,
            tablefmt="simple",
            disable_numparse=True,
            maxcolwidths=[*widths, max(rest, 20)],
        )
        yield from table.splitlines()

    def _cell(self, value: str | tuple[str, str]) -> str:
        if isinstance(value, str):
            return _words(value)
        return self._painted(value[0], _words(value))

    def _painted(self, mark: str, words: str) -> str:
        code = _COLOURS.get(mark) if self._colour else None
        return f"\x1b[{code}m{words}\x1b[0m" if code else words
