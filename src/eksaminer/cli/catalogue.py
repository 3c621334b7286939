"""The catalogue of checks, for the terminal and as data."""

from collections.abc import Iterable, Iterator, Sequence
from textwrap import fill, indent

from tabulate import tabulate

from eksaminer.check import Check
from eksaminer.cli.console import printable
from eksaminer.guide import BY_SLUG, RECOMMENDATIONS
from eksaminer.outcome import Level
from eksaminer.record import canonical_json

WIDTH = 96
DEVIATION = {Level.REQUIRED: "fail", Level.ADVISED: "review", Level.OFF: "informs"}
"""What a deviation gives, by level."""


def as_table(checks: Sequence[Check]) -> str:
    """Return a table per recommendation of the guide."""
    tables: list[str] = []
    for recommendation in RECOMMENDATIONS:
        rows = [
            (check.id, check.title, check.scope, DEVIATION[check.level], check.severity, check.basis)
            for check in checks
            if check.recommendation == recommendation.slug
        ]
        if rows:
            headers = ("check", "", "scope", "on deviation", "severity", "basis")
            tables.append(f"{recommendation.title}\n{tabulate(rows, headers=headers)}")
    return printable("\n\n".join(tables))


def as_data(checks: Iterable[Check]) -> bytes:
    """Return the checks as JSON."""
    return canonical_json(
        [
            {
                "id": check.id,
                "title": check.title,
                "recommendation": check.recommendation,
                "scope": check.scope,
                "level": check.level,
                "levels": dict(check.levels),
                "severity": check.severity,
                "basis": check.basis,
                "rule_class": check.rule_class,
                "criterion": check.criterion,
                "rationale": check.rationale,
                "remediation": check.remediation,
                "references": check.references,
                "permissions": check.permissions,
            }
            for check in checks
        ]
    )


def as_page(check: Check) -> str:
    """Return all that is known of one check."""
    return printable("\n\n".join(_parts(check)))


def _parts(check: Check) -> Iterator[str]:
    recommendation = BY_SLUG.get(check.recommendation)
    yield f"{check.id}  {check.title}"
    facts = [
        ("recommendation", recommendation.title if recommendation else check.recommendation),
        ("basis", check.basis),
        ("scope", check.scope),
        ("severity", check.severity),
        ("deviation", DEVIATION[check.level]),
        *((f"deviation of {aspect}", DEVIATION[level]) for aspect, level in sorted(check.levels.items())),
        ("needs", ", ".join(check.permissions) or "no permission"),
    ]
    yield tabulate(facts, tablefmt="plain")
    yield _section("Expected", check.criterion)
    yield _section("Why", check.rationale)
    yield _section("What to do", check.remediation)
    if check.command:
        yield f"Command\n{indent(check.command, '  ')}"
    for heading, text in check.details.items():
        yield _section(heading, text)
    if check.references:
        yield f"References\n{indent(chr(10).join(check.references), '  ')}"


def _section(heading: str, text: str) -> str:
    """Fill prose; leave lists and code as they are."""
    blocks = [
        block if block.lstrip().startswith(("```", "-")) else fill(" ".join(block.split()), WIDTH)
        for block in text.split("\n\n")
    ]
    return f"{heading}\n{indent(chr(10).join(blocks), '  ')}"
