"""The remedy of an exception in other forms than a command, with its names filled in."""

from collections.abc import Sequence
from dataclasses import dataclass

from eksaminer.criteria import Criteria
from eksaminer.findings import CheckInfo, Finding
from eksaminer.remedy import FORMS, Form, filled, standard_names, with_issuer
from eksaminer.render.texts import Texts

_PRODUCTS: dict[Form, str] = {"terraform": "Terraform", "cloudformation": "CloudFormation", "kubectl": "kubectl"}
"""Forms that are called alike in every language."""
_DOCUMENTS = frozenset({_PRODUCTS["terraform"], _PRODUCTS["cloudformation"]})


@dataclass(frozen=True, slots=True)
class RemedyView:
    """One form of a remedy."""

    label: str
    lines: tuple[str, ...]

    @property
    def place(self) -> str:
        """Where it stands on paper: documents beside each other, single lines below them."""
        return "beside" if len(self.lines) > 1 else "single"

    @property
    def partial(self) -> bool:
        """Whether it is a document of which it shows the properties that matter alone."""
        return self.label in _DOCUMENTS


def remedies(finding: Finding, info: CheckInfo, criteria: Criteria, texts: Texts) -> tuple[RemedyView, ...]:
    """Return the other forms of the remedy of *finding*; none where they would not cure it."""
    if not finding.forms:
        return ()
    names = _names(finding, criteria)
    return tuple(
        RemedyView(
            label=_PRODUCTS.get(form) or texts(f"remedy.{form}"),
            lines=tuple(filled(info.remedies[form], names, form).split("\n")),
        )
        for form in FORMS
        if form in info.remedies
    )


def first_of(findings: Sequence[Finding], info: CheckInfo, criteria: Criteria, texts: Texts) -> tuple[RemedyView, ...]:
    """Return the forms for the first of *findings* that they cure."""
    return next((remedies(item, info, criteria, texts) for item in findings if item.forms), ())


def _names(finding: Finding, criteria: Criteria) -> dict[str, str | int]:
    """Return what the places of a template stand for: what the finding says, where it is, and what it saw."""
    target = finding.target
    said = {name: value for name, value in finding.message.params.items() if isinstance(value, str)}
    seen = {name: value for item in finding.evidence for name, value in item.seen.items() if isinstance(value, str)}
    provider = {"provider": finding.discriminator} if finding.discriminator.startswith("arn:") else {}
    standard = standard_names(target.account, target.region, target.cluster, finding.resource, criteria)
    return with_issuer({**said, **provider, **standard, "aspect": finding.aspect, **seen})
