"""checks/README.md: the catalogue of checks, made from the checks themselves."""

from collections.abc import Iterable, Iterator

from eksaminer.check import Check
from eksaminer.guide import RECOMMENDATIONS, SOURCE, Recommendation
from eksaminer.outcome import Level
from eksaminer.render.safe import visible
from eksaminer.render.texts import ENGLISH, Texts, texts


def render(checks: Iterable[Check]) -> str:
    """Return the catalogue of *checks* as Markdown, by recommendation and id."""
    return "\n".join(_lines(sorted(checks, key=lambda check: check.id), texts(ENGLISH))) + "\n"


def _lines(checks: list[Check], t: Texts) -> Iterator[str]:
    yield f"# {t('catalogue.title')}"
    yield ""
    yield t("catalogue.intro", guide=SOURCE)
    yield ""
    yield from _index(checks, t)
    for item in RECOMMENDATIONS:
        own = [check for check in checks if check.recommendation == item.slug]
        if own:
            yield from _recommendation(item)
            for check in own:
                yield from _check(check, t)


def _index(checks: list[Check], t: Texts) -> Iterator[str]:
    head = ("id", "check", "scope", "default", "severity", "basis")
    yield f"| {' | '.join(t(f'catalogue.{name}') for name in head)} |"
    yield f"|{' --- |' * len(head)}"
    for item in RECOMMENDATIONS:
        for check in checks:
            if check.recommendation == item.slug:
                cells = (check.scope.value, _level(check.level, t), check.severity.value, check.basis.value)
                link = f"[{check.id}](#{check.id.lower()})"
                yield f"| {link} | {_inline(check.title)} | {' | '.join(cells)} |"
    yield ""


def _recommendation(item: Recommendation) -> Iterator[str]:
    yield f"## {item.title}"
    yield ""
    yield f"> {item.quote}"
    if item.dated:
        yield ">"
        yield f"> {item.dated}"
    yield ""


def _check(check: Check, t: Texts) -> Iterator[str]:
    yield f"### {check.id}"
    yield ""
    yield f"**{_inline(check.title)}**"
    yield ""
    yield from _facts(check, t)
    yield ""
    yield from _paragraph(t("check.criterion"), check.criterion)
    yield from _paragraph(t("check.effect"), check.rationale)
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


def _facts(check: Check, t: Texts) -> Iterator[str]:
    level = _level(check.level, t)
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


def _level(level: Level, t: Texts) -> str:
    return t(f"catalogue.level_{level.value}")


def _paragraph(heading: str, text: str) -> Iterator[str]:
    if text:
        yield f"*{heading}.* {text.strip()}"
        yield ""


def _inline(text: str) -> str:
    return visible(text).replace("|", "\\|")
