"""checks/README.md: the catalogue of checks, made from the checks themselves."""

import re
from collections.abc import Iterator, Sequence

from eksaminer.catalogue import Catalogue, Entry, parts
from eksaminer.check import Check
from eksaminer.detection.blind import BlindSpot
from eksaminer.guide import RECOMMENDATIONS, SOURCE, Recommendation
from eksaminer.outcome import Level
from eksaminer.render.safe import visible
from eksaminer.render.texts import ENGLISH, Texts, texts

ITEM = re.compile(r"- |\d+\. ")
EXAMPLES = frozenset({"Fires", "Near miss"})
"""What is shown in one line: a list of fields."""
_MARKS = re.compile(r"(?<!^)[*<>]|(?<!\w)_|_(?!\w)")
"""What Markdown would take for emphasis or a tag."""


def render(catalogue: Catalogue) -> str:
    """Return *catalogue* as Markdown, by recommendation and id."""
    return "\n".join(_lines(catalogue, texts(ENGLISH))) + "\n"


def _lines(catalogue: Catalogue, t: Texts) -> Iterator[str]:
    yield f"# {t('catalogue.title')}"
    yield ""
    yield t("catalogue.intro", guide=SOURCE)
    yield ""
    yield from _index(catalogue, t)
    for item in RECOMMENDATIONS:
        own = [entry for entry in catalogue.entries if entry.check.recommendation == item.slug]
        if own:
            yield from _recommendation(item)
            for entry in own:
                yield from _entry(entry, t)
    if catalogue.blind:
        yield from _blind(catalogue.blind, t)


def _index(catalogue: Catalogue, t: Texts) -> Iterator[str]:
    head = ("id", "check", "scope", "default", "severity", "basis")
    yield f"| {' | '.join(t(f'catalogue.{name}') for name in head)} |"
    yield f"|{' --- |' * len(head)}"
    for item in RECOMMENDATIONS:
        for entry in catalogue.entries:
            check = entry.check
            if check.recommendation == item.slug:
                result = entry.result or _results(check, t)
                cells = (check.scope.value, result, check.severity.value, check.basis.value)
                link = f"[{check.id}](#{check.id.lower()})"
                yield f"| {link} | {_inline(check.title)} | {' | '.join(cells)} |"
    for spot in catalogue.blind:
        yield f"| [{spot.id}](#{spot.id.lower()}) | {_inline(spot.title)} | | {t('catalogue.blind_short')} | | |"
    yield ""


def _blind(spots: Sequence[BlindSpot], t: Texts) -> Iterator[str]:
    yield from (f"## {t('catalogue.blind')}", "", t("catalogue.blind_intro"), "")
    for spot in spots:
        yield from (f"### {spot.id}", "", f"**{_inline(spot.title)}**", "")
        yield from _paragraph(t("catalogue.blind_why"), spot.why)
        yield from _paragraph(t("catalogue.blind_instead"), spot.instead)
        yield from _paragraph("MITRE ATT&CK", ", ".join(spot.mitre))


def _recommendation(item: Recommendation) -> Iterator[str]:
    yield f"## {item.title}"
    yield ""
    yield f"> {item.quote}"
    if item.dated:
        yield ">"
        yield f"> {item.dated}"
    yield ""


def _entry(entry: Entry, t: Texts) -> Iterator[str]:
    check = entry.check
    yield f"### {check.id}"
    yield ""
    yield f"**{_inline(check.title)}**"
    yield ""
    yield from _facts(entry, t)
    yield ""
    if not entry.result:
        yield from _paragraph(t("check.criterion"), check.criterion)
    yield from _paragraph(t("check.effect"), check.rationale)
    for heading, text in parts(entry):
        yield from _paragraph(heading, _inlined(text) if heading in EXAMPLES else text)
    yield from _paragraph(t("check.remediation"), check.remediation)
    if check.command:
        yield from ("```sh", *check.command.format_map(_Placeholders()).splitlines(), "```", "")
    for heading, text in check.details.items():
        yield from _paragraph(heading, text)
    if check.references:
        yield f"{t('check.references')}: {', '.join(check.references)}"
        yield ""


class _Placeholders(dict[str, str]):
    """Shows the names that a command takes in capitals."""

    def __missing__(self, name: str) -> str:
        return name.upper()


def _facts(entry: Entry, t: Texts) -> Iterator[str]:
    check = entry.check
    level = entry.result or _results(check, t)
    others = ", ".join(f"{name} {_level(value, t)}" for name, value in sorted(check.levels.items()))
    facts = {
        "scope": check.scope.value,
        "default": f"{level}; {others}" if others else level,
        "severity": check.severity.value,
        "basis": check.basis.value,
        "class": t.word(f"class.{check.rule_class}", check.rule_class),
        "rests_on": ", ".join(check.prerequisites),
        "evidence": ", ".join(f"`{section.key}`" for section in check.sections),
        "permissions": ", ".join(f"`{name}`" for name in check.permissions),
    }
    for name, value in facts.items():
        if value:
            yield f"- {t(f'catalogue.{name}')}: {value}"


def _results(check: Check, t: Texts) -> str:
    return ", ".join(_level(level, t) for level in check.results)


def _level(level: Level, t: Texts) -> str:
    return t(f"catalogue.level_{level.value}")


def _paragraph(heading: str, text: str) -> Iterator[str]:
    """Give prose under a heading; what stands in the text is no Markdown, lists and code apart."""
    if not text:
        return
    body = text.strip()
    code = False
    lines: list[str] = []
    for line in body.splitlines():
        code ^= line.startswith("```")
        lines.append(line if code or "`" in line else _MARKS.sub(r"\\\g<0>", line))
    first = "" if ITEM.match(body) else " " + lines.pop(0)
    yield f"*{heading}.*{first}"
    if lines and lines[0] and not first:
        yield ""
    yield from lines
    yield ""


def _inlined(text: str) -> str:
    """Return a sentence with a list as one line."""
    head, _, items = text.partition("\n\n")
    facts = [item.removeprefix("- ").replace("`", "'") for item in items.splitlines()]
    return f"{head} {', '.join(f'`{fact}`' for fact in facts)}".strip()


def _inline(text: str) -> str:
    return visible(text).replace("|", "\\|")
