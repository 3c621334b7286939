"""The trust chapter: which service account may assume which role, and what the role may reach; a table and a graph."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from eksaminer.access import EVERY_SERVICE, Access, ServiceAccess
from eksaminer.findings import Assessment, TargetName, TrustedAccount, TrustRow
from eksaminer.outcome import Status
from eksaminer.render import show
from eksaminer.render.blocks import Cell, Column, Table
from eksaminer.render.drawing import WIDTH, Box, Colour, Drawing, Line, Words, fitted
from eksaminer.render.limits import Limits
from eksaminer.render.texts import Texts

_NAMES = 3
"""Service accounts that a row names."""
_SERVICES = 8
_GOALS = 12
"""Services that the graph shows, each in a box; the others share one."""
_HEIGHT, _ROW, _TOP = 18, 23, 30
_COLUMNS = ((0, 256), (304, 192), (546, 134))
"""Where the boxes of service accounts, roles and services begin, and how wide they are."""
_ORDER = (Status.FAIL, Status.REVIEW, Status.NOT_ASSESSED, None, Status.PASS, Status.NOT_APPLICABLE)
Node = TypeVar("Node", str, "_Source")
_COLOURS: dict[Status | None, Colour] = {
    Status.FAIL: "fail",
    Status.REVIEW: "review",
    Status.PASS: "pass",
    Status.NOT_ASSESSED: "unseen",
}


@dataclass(frozen=True, slots=True)
class TrustView:
    """The trust of the account's roles."""

    picture: Drawing | None
    """None: no role trusts a workload."""
    picture_note: str
    """How many trusts the graph leaves out; empty: none."""
    table: Table


def trust(assessment: Assessment, limits: Limits, texts: Texts) -> TrustView:
    """Arrange who may assume which role, the gravest first."""
    rows = sorted(assessment.trust, key=_gravity)
    drawn = rows[: limits.graph]
    left = len(rows) - len(drawn)
    return TrustView(
        picture=_Graph(drawn, texts).drawing() if drawn else None,
        picture_note=texts.several("trust.not_drawn", left) if left else "",
        table=_table(rows, limits, texts),
    )


def _gravity(row: TrustRow) -> tuple[int, bool, str, str]:
    ordinary = row.access is None or not row.access.privileged
    return _ORDER.index(row.status), ordinary, row.role, row.provider


def _table(rows: Sequence[TrustRow], limits: Limits, texts: Texts) -> Table:
    shown = rows[: limits.table]
    left = len(rows) - len(shown)
    return Table(
        caption=texts("trust.caption"),
        columns=(
            Column(texts("column.service_accounts"), 6),
            Column(texts("column.role"), 5),
            Column(texts("column.trust"), 6),
            Column(texts("column.may_reach"), 7),
        ),
        rows=tuple(
            (
                Cell(_accounts(row, texts), under=_whence(row, texts)),
                Cell(_name(row.role), "code"),
                _verdict(row, texts),
                Cell(_reach(row.access, texts), under=_power(row.access, texts)),
            )
            for row in shown
        ),
        note=texts.several("note.rows", left) if left else "",
    )


def _name(arn: str) -> str:
    return arn.partition(":role/")[2] or arn


def _accounts(row: TrustRow, texts: Texts) -> str:
    names = show.first((_account(item, texts) for item in row.accounts), _NAMES, texts)
    if row.admits in ("everyone", "namespaces", "namespace", "undecided"):
        return f"{texts(f'admitted.{row.admits}')} ({names})" if names else texts(f"admitted.{row.admits}")
    return names or texts("admitted.none")


def _account(item: TrustedAccount, texts: Texts) -> str:
    notes = [texts.several("trust.pods", item.pods)] if item.pods else []
    if not item.named:
        notes.append(texts("trust.annotated_only"))
    return f"{item.name} ({', '.join(notes)})" if notes else item.name


def _whence(row: TrustRow, texts: Texts) -> str:
    if row.cluster is not None:
        return texts(f"via.{row.via}", place=show.short(row.cluster))
    issuer = row.provider.partition(":oidc-provider/")[2] or row.provider
    return texts("via.nowhere", place=issuer) if issuer else ""


def _verdict(row: TrustRow, texts: Texts) -> Cell:
    admits = texts(f"admits.{row.admits}")
    if row.status is None:
        return Cell(admits, under=_why(row, texts))
    words = texts("trust.verdict", status=texts(f"status.{row.status.value}"), admits=admits)
    return Cell(words, mark=row.status.value, under=_why(row, texts))


def _why(row: TrustRow, texts: Texts) -> str:
    parts = [texts("trust.witness", name=row.witness)] if row.witness else []
    if not row.certain:
        parts.append(texts("trust.depends"))
    return texts.prose(parts)


def _reach(access: Access | None, texts: Texts) -> str:
    if access is None or (access.power == "unknown" and not access.services):
        return texts("word.unknown")
    if access.power == "administrator":
        return texts("reach.account")
    parts = [_service(item, texts) for item in access.services[:_SERVICES]]
    more = len(access.services) - len(parts)
    if more:
        parts.append(texts.several("reach.more", more))
    return texts("format.comma").join(parts) or texts("reach.nothing")


def _service(item: ServiceAccess, texts: Texts) -> str:
    name = texts("reach.every") if item.service == EVERY_SERVICE else item.service
    if item.besides:
        name = texts("reach.except", services="/".join(action.removesuffix(":*") for action in item.besides))
    verb = "all" if item.every_action else "both" if item.reads and item.writes else "write" if item.writes else "read"
    return texts("reach.whole" if item.everywhere else "reach.part", name=name, may=texts(f"reach.{verb}"))


def _power(access: Access | None, texts: Texts) -> str:
    if access is None:
        return ""
    parts = [texts("reach.why", why=sentence) for sentence in access.why]
    if access.boundary:
        parts.append(texts("trust.boundary", name=access.boundary.rpartition("/")[2]))
    return texts.prose((*parts, *access.limits))


@dataclass(frozen=True, slots=True)
class _Edge:
    row: TrustRow
    source: "_Source"
    goals: tuple[tuple[str, bool], ...]
    """What the role reaches, and whether it writes there."""


@dataclass(frozen=True, slots=True)
class _Source:
    """A group of service accounts; where it lies tells it from one with equal words."""

    words: str
    place: TargetName | str


class _Graph:
    """Three columns: service accounts, roles, services."""

    def __init__(self, rows: Sequence[TrustRow], texts: Texts) -> None:
        self._texts = texts
        clusters = {row.cluster for row in rows if row.cluster is not None}
        names = Counter(cluster.cluster for cluster in clusters)
        self._clusters = {
            cluster: cluster.cluster if names[cluster.cluster] == 1 else show.short(cluster) for cluster in clusters
        }
        goals = {row.role: tuple(_goals(row.access, texts)) for row in rows}
        kept = set(_most(goals.values()))
        other = texts("graph.others")
        self._edges = [
            _Edge(row, _Source(self._source(row), row.cluster or row.provider), _merged(goals[row.role], kept, other))
            for row in rows
        ]
        self._left = _places(edge.source for edge in self._edges)
        self._roles = _places(edge.row.role for edge in self._edges)
        self._right = _places(goal for edge in self._edges for goal, _ in edge.goals)
        self._rows = max(len(self._left), len(self._roles), len(self._right))

    def drawing(self) -> Drawing:
        """Draw the lines first, so that the boxes lie on them."""
        shapes = (*self._headings(), *self._lines(), *self._boxes())
        height = _TOP + self._rows * _ROW + 4
        title = self._texts(
            "graph.title", accounts=f"{len(self._left)}", roles=f"{len(self._roles)}", goals=f"{len(self._right)}"
        )
        return Drawing(width=WIDTH, height=height, title=title, shapes=shapes)

    def _source(self, row: TrustRow) -> str:
        issuer = row.provider.partition(":oidc-provider/")[2] or row.provider
        place = issuer.rpartition("/")[2] if row.cluster is None else self._clusters[row.cluster]
        names = [item.name for item in row.accounts if item.named]
        if row.admits in ("everyone", "namespaces", "namespace", "undecided"):
            return self._at(self._texts(f"admitted.{row.admits}"), place)
        if not names:
            return self._at(self._texts("admitted.none"), place)
        more = f" +{len(names) - 1}" if len(names) > 1 else ""
        return self._at(f"{names[0]}{more}", place)

    def _at(self, who: str, place: str) -> str:
        return f"{who} · {place}" if place else who

    def _y(self, places: dict[Node, int], name: Node) -> float:
        step = self._rows / len(places)
        return round(_TOP + (places[name] + (step - 1) / 2 + places[name] * (step - 1)) * _ROW, 1)

    def _headings(self) -> Iterator[Words]:
        for (x, _), name in zip(_COLUMNS, ("accounts", "roles", "goals"), strict=True):
            yield Words(x, 14, self._texts(f"graph.{name}"), fill="quiet", strong=True)

    def _lines(self) -> Iterator[Line]:
        (left, width), (middle, middle_width), (right, _) = _COLUMNS
        drawn: set[tuple[str, str]] = set()
        for edge in self._edges:
            role = self._y(self._roles, edge.row.role) + _HEIGHT / 2
            source = self._y(self._left, edge.source) + _HEIGHT / 2
            colour = _COLOURS.get(edge.row.status, "quiet")
            wide = edge.row.status in (Status.FAIL, Status.REVIEW)
            yield Line(
                ((left + width, source), (middle, role)),
                stroke=colour,
                bent=True,
                dashed=not edge.row.certain,
                weight=2.2 if wide else 1.2,
            )
            for goal, writes in edge.goals:
                if (edge.row.role, goal) not in drawn:
                    drawn.add((edge.row.role, goal))
                    end = self._y(self._right, goal) + _HEIGHT / 2
                    ends = ((middle + middle_width, role), (right, end))
                    yield Line(ends, stroke="quiet", bent=True, dashed=not writes, weight=1)

    def _boxes(self) -> Iterator[Box | Words]:
        status = {edge.source: edge.row.status for edge in reversed(self._edges)}
        powers = {edge.row.role: edge.row.access is not None and edge.row.access.privileged for edge in self._edges}
        for source in self._left:
            found = status[source]
            word = self._texts(f"status.{found.value}") if found in _COLOURS and found is not None else ""
            yield from self._box(0, self._y(self._left, source), source.words, word, _COLOURS.get(found, "line"))
        for role in self._roles:
            word = self._texts("graph.privileged") if powers[role] else ""
            yield from self._box(1, self._y(self._roles, role), _name(role), word, "ink" if powers[role] else "line")
        for goal in self._right:
            yield from self._box(2, self._y(self._right, goal), goal, "", "line")

    def _box(self, column: int, y: float, text: str, word: str, colour: Colour) -> Iterator[Box | Words]:
        x, width = _COLUMNS[column]
        yield Box(x, y, width, _HEIGHT, stroke=colour)
        room = width - 12 - (len(word) + 1) * 6.4 * bool(word)
        yield Words(x + 6, y + 12.5, fitted(text, room))
        if word:
            yield Words(x + width - 6, y + 12.5, word, fill=colour, anchor="end", size=9, strong=True)


def _goals(access: Access | None, texts: Texts) -> Iterator[tuple[str, bool]]:
    if access is None or (access.power == "unknown" and not access.services):
        yield texts("word.unknown"), False
    elif access.power == "administrator":
        yield texts("graph.everything"), True
    elif not access.services:
        yield texts("graph.nothing"), False
    else:
        for item in access.services:
            yield texts("graph.everything") if item.service == "*" else item.service, item.writes


def _most(goals: Iterable[tuple[tuple[str, bool], ...]]) -> Iterator[str]:
    """Give the services that the graph shows: all, or those that most roles reach, the gravest trusts first."""
    count: dict[str, int] = {}
    for reached in goals:
        for name, _ in reached:
            count[name] = count.get(name, 0) + 1
    ordered = sorted(count, key=lambda name: -count[name])
    yield from ordered if len(ordered) <= _GOALS else ordered[: _GOALS - 1]


def _merged(goals: tuple[tuple[str, bool], ...], kept: set[str], other: str) -> tuple[tuple[str, bool], ...]:
    found: dict[str, bool] = {}
    for name, writes in goals:
        shown = name if name in kept else other
        found[shown] = found.get(shown, False) or writes
    return tuple(found.items())


def _places(names: Iterable[Node]) -> dict[Node, int]:
    return {name: place for place, name in enumerate(dict.fromkeys(names))}
