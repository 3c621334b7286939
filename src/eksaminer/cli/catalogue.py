"""The catalogue of checks, for the terminal and as data."""

import re
from collections.abc import Iterable, Iterator, Sequence
from textwrap import fill, indent

from tabulate import tabulate

from eksaminer.catalogue import Entry, parts
from eksaminer.check import Check
from eksaminer.cli.console import printable
from eksaminer.detection.blind import BlindSpot
from eksaminer.guide import BY_SLUG, RECOMMENDATIONS
from eksaminer.outcome import Level
from eksaminer.record import canonical_json, plain

NARROWEST, WIDEST = 50, 110
BESIDE_TITLE = 75
"""What the other columns of the table take."""
SHORTEST_TITLE = 24
DEVIATION = {Level.REQUIRED: "fail", Level.ADVISED: "review", Level.OFF: "informs"}
"""What a deviation gives, by level."""
ITEM = re.compile(r"( *)(- |\d+\. )(.*)")


def as_table(checks: Sequence[Check], width: int) -> str:
    """Return a table per recommendation of the guide, in *width* columns where that is possible."""
    tables: list[str] = []
    title = max(SHORTEST_TITLE, width - BESIDE_TITLE)
    for recommendation in RECOMMENDATIONS:
        rows = [
            (check.id, check.title, check.scope, _deviation(check), check.severity, check.basis)
            for check in checks
            if check.recommendation == recommendation.slug
        ]
        if rows:
            headers = ("check", "", "scope", "on deviation", "severity", "basis")
            table = tabulate(rows, headers=headers, maxcolwidths=[None, title, None, None, None, None])
            tables.append(f"{recommendation.title}\n{table}")
    return printable("\n\n".join(tables))


def _deviation(check: Check) -> str:
    return ", ".join(DEVIATION[level] for level in check.results)


def as_data(checks: Iterable[Check]) -> bytes:
    """Return the checks as JSON."""
    return canonical_json([_data(check) for check in checks])


def entry_data(entry: Entry) -> bytes:
    """Return all that is known of one check as JSON."""
    data = _data(entry.check) | {"says": dict(entry.check.texts), "prerequisites": entry.check.prerequisites}
    rule = entry.rule
    if rule is not None:
        data |= {
            "uuid": rule.uuid,
            "log": rule.log,
            "logic": entry.logic,
            "digest": rule.logic,
            "mitre": rule.mitre,
            "false_positives": rule.false_positives,
            "allow": {name: tuple(who) for name, who in (entry.allowed or {}).items()},
            "feeds": rule.feeds,
            "evidence": rule.evidence,
            "examples": plain(entry.examples),
        }
    return canonical_json(data)


def blind_data(spot: BlindSpot) -> bytes:
    """Return what is known of a blind spot as JSON."""
    return canonical_json({"rule_class": "impossible", **plain(spot)})


def _data(check: Check) -> dict[str, object]:
    return {
        "id": check.id,
        "title": check.title,
        "recommendation": check.recommendation,
        "scope": check.scope,
        "level": check.level,
        "levels": dict(check.levels),
        "deviation": [DEVIATION[level] for level in check.results],
        "severity": check.severity,
        "basis": check.basis,
        "rule_class": check.rule_class,
        "criterion": check.criterion,
        "rationale": check.rationale,
        "remediation": check.remediation,
        "references": check.references,
        "permissions": check.permissions,
    }


def as_page(entry: Entry, width: int) -> str:
    """Return all that is known of one check, in lines of at most *width* columns."""
    columns = max(NARROWEST, min(width, WIDEST))
    return printable("\n\n".join(_parts(entry, columns)))


def blind_page(spot: BlindSpot, width: int) -> str:
    """Return what is known of a blind spot."""
    columns = max(NARROWEST, min(width, WIDEST))
    sections = [
        f"{spot.id}  {spot.title}",
        _section("Blind", "The audit log of EKS cannot show it; there is no rule.", columns),
        _section("Why", spot.why, columns),
        _section("Instead", spot.instead, columns),
    ]
    if spot.mitre:
        sections.append(_section("MITRE ATT&CK", ", ".join(spot.mitre), columns))
    return printable("\n\n".join(sections))


def _parts(entry: Entry, width: int) -> Iterator[str]:
    check = entry.check
    yield _fill(check.title, width, f"{check.id}  ")
    yield _facts(entry, width)
    if not entry.result:
        yield _section("Expected", check.criterion, width)
    yield _section("Why", check.rationale, width)
    for heading, text in parts(entry):
        yield _section(heading, text, width)
    yield _section("What to do", check.remediation, width)
    if check.command:
        yield f"Command\n{indent(check.command, '  ')}"
    for heading, text in check.details.items():
        yield _section(heading, text, width)
    if check.references:
        yield f"References\n{indent(chr(10).join(check.references), '  ')}"


def _facts(entry: Entry, width: int) -> str:
    check = entry.check
    recommendation = BY_SLUG.get(check.recommendation)
    needs = [f"{section.key} ({section.tier})" for section in check.sections]
    facts = [
        ("recommendation", recommendation.title if recommendation else check.recommendation),
        ("basis", check.basis),
        ("scope", check.scope),
        ("severity", check.severity),
        ("a hit is" if entry.rule else "deviation", entry.result or _deviation(check)),
        *((f"deviation of {aspect}", DEVIATION[level]) for aspect, level in sorted(check.levels.items())),
        ("class", check.rule_class),
        ("rests on", ", ".join(check.prerequisites)),
        ("evidence", ", ".join(needs)),
        ("permissions", ", ".join(check.permissions) or "none"),
    ]
    shown = [(name, value) for name, value in facts if value]
    room = width - max(len(name) for name, _ in shown) - 2
    return tabulate(shown, tablefmt="plain", maxcolwidths=[None, room])


def _section(heading: str, text: str, width: int) -> str:
    return f"{heading}\n{indent(chr(10).join(_lines(text, width - 2)), '  ')}"


def _lines(text: str, width: int) -> Iterator[str]:
    """Fill prose and the items of lists; leave code as it is."""
    code = False
    prose: list[str] = []
    for line in [*text.strip().split("\n"), ""]:
        fence = line.startswith("```")
        item = None if code else ITEM.fullmatch(line)
        if prose and (fence or item or not line.strip()):
            yield _fill(" ".join(prose), width)
            prose = []
        if code or fence:
            yield line
        elif item:
            lead = item[1] + item[2]
            yield _fill(item[3], width, lead)
        elif line.strip():
            prose.append(line.strip())
        code ^= fence


def _fill(text: str, width: int, lead: str = "") -> str:
    """Fill *text* after *lead*; names and addresses stay whole."""
    return fill(
        text,
        width,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_on_hyphens=False,
        break_long_words=False,
    )
