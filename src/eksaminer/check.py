"""The check: a judgement about evidence, what it needs, and what the report has to say about it."""

import inspect
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from eksaminer.criteria import NO_ASPECTS, Criteria
from eksaminer.evidence.model import Every, Section, Target
from eksaminer.gap import Gap
from eksaminer.outcome import Basis, Level, Period, Scope, Severity, Verdict

Judge = Callable[..., Iterator[Verdict]]
NO_REMEDIES: Mapping[str, str] = MappingProxyType({})
NO_BASES: Mapping[str, Basis] = MappingProxyType({})


class DeclarationError(TypeError):
    """A check file declares something that the engine cannot run."""


@dataclass(frozen=True, slots=True)
class Need:
    """What one parameter of a judge asks for."""

    kind: Literal["required", "optional", "every", "criteria", "target", "period"]
    section: type[Section] = Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A judge with its metadata. The types of the judge's parameters say what evidence it needs."""

    id: str
    title: str
    scope: Scope
    severity: Severity
    basis: Basis
    recommendation: str
    """Slug of the guide's recommendation, as in `eksaminer.guide`."""
    criterion: str
    """What is expected, in one sentence."""
    rationale: str
    """Why it matters: the docstring of the judge."""
    remediation: str
    command: str
    """A command that cures a deviation, with `{cluster}`, `{region}`, `{account}`, `{resource}`; may be empty."""
    references: tuple[str, ...]
    remedies: Mapping[str, str] = field(default_factory=dict[str, str])
    """The remedy in other forms (`eksaminer.remedy.FORMS`), with the places of `command`, and those of what a finding
    sees and says."""
    level: Level
    levels: Mapping[str, Level]
    """The aspects of the check and their levels; empty: it has none."""
    deviations: tuple[Level, ...] | None = None
    """What a deviation is by default, where single verdicts set a level of their own; empty: nothing deviates, and the
    check informs. None: its level and those of its aspects."""
    bases: Mapping[str, Basis] = field(default_factory=dict[str, Basis])
    """Why an aspect is judged, where that differs from `basis`."""
    prerequisites: tuple[str, ...]
    """Checks of the same target: if one of them is FAIL, or not assessed, this one is not assessed either."""
    independent: frozenset[str] = frozenset()
    """Aspects that are judged whatever became of the prerequisites."""
    texts: Mapping[str, str]
    needs: Mapping[str, Need]
    judge: Judge
    rule_class: str = ""
    """Class of the detection rule; empty: a check of configuration."""
    details: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further prose for the catalogue, by heading."""
    allow: str = ""
    """What its list in `[allow]` of the configuration names; empty: it takes none."""

    @property
    def results(self) -> tuple[Level, ...]:
        """What a deviation can be by default, the gravest first; off alone: it informs."""
        every = (self.level, *self.levels.values()) if self.deviations is None else self.deviations
        return tuple(sorted(set(every) or {Level.OFF}, key=lambda level: -level.rank))

    @property
    def sections(self) -> tuple[type[Section], ...]:
        """The sections of evidence that the judge takes."""
        return tuple(need.section for need in self.needs.values() if need.section is not Section)

    @property
    def permissions(self) -> tuple[str, ...]:
        """The permissions that its sections take."""
        return tuple(sorted({item for section in self.sections for item in section.permissions}))


def check(
    *,
    id: str,  # noqa: A002 - the field's own word
    title: str,
    scope: Scope,
    severity: Severity,
    basis: Basis,
    recommendation: str,
    criterion: str,
    remediation: str,
    texts: Mapping[str, str],
    command: str = "",
    references: tuple[str, ...] = (),
    remedies: Mapping[str, str] = NO_REMEDIES,
    level: Level = Level.REQUIRED,
    levels: Mapping[str, Level] = NO_ASPECTS,
    deviations: tuple[Level, ...] | None = None,
    bases: Mapping[str, Basis] = NO_BASES,
    prerequisites: tuple[str, ...] = (),
    independent: frozenset[str] = frozenset(),
    allow: str = "",
) -> Callable[[Judge], Check]:
    """Declare the decorated function to be a check. Its docstring is the rationale."""

    def declare(judge: Judge) -> Check:
        return Check(
            id=id,
            title=title,
            scope=scope,
            severity=severity,
            basis=basis,
            recommendation=recommendation,
            criterion=criterion,
            rationale=inspect.cleandoc(judge.__doc__ or ""),
            remediation=remediation,
            command=command,
            references=references,
            remedies=MappingProxyType(dict(remedies)),
            level=level,
            levels=MappingProxyType(dict(levels)),
            deviations=deviations,
            bases=MappingProxyType(dict(bases)),
            prerequisites=prerequisites,
            independent=independent,
            texts=MappingProxyType(dict(texts)),
            needs=MappingProxyType(_needs(judge)),
            judge=judge,
            details=MappingProxyType({"Its list in [allow]": allow} if allow else {}),
            allow=allow,
        )

    return declare


def _needs(judge: Judge) -> dict[str, Need]:
    name = getattr(judge, "__name__", "judge")
    hints = get_type_hints(judge)
    return {
        parameter: _need(hints.get(parameter), f"{name}: parameter {parameter!r}")
        for parameter in inspect.signature(judge).parameters
    }


def _need(annotation: Any, where: str) -> Need:
    if annotation is Criteria:
        return Need("criteria")
    if annotation is Target:
        return Need("target")
    if annotation is Period:
        return Need("period")
    if _is_section(annotation):
        return Need("required", annotation)
    if get_origin(annotation) is Every:
        (section,) = get_args(annotation)
        if _is_section(section):
            return Need("every", section)
    if get_origin(annotation) in (Union, types.UnionType):
        options = cast("tuple[object, ...]", get_args(annotation))
        sections = [option for option in options if _is_section(option)]
        if len(options) == 2 and Gap in options and sections:  # noqa: PLR2004 - a section or a gap
            return Need("optional", cast("type[Section]", sections[0]))
    raise DeclarationError(f"{where} is not annotated with S, S | Gap, Every[S], Criteria, Target or Period")


def _is_section(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Section)
