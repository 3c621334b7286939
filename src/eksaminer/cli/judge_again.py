"""The findings of a run, judged again from the evidence that it stored."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from msgspec import structs

from eksaminer.assess import Selection
from eksaminer.assessment import assess
from eksaminer.errors import InputError
from eksaminer.evidence import bundle
from eksaminer.findings import Assessment, Finding, Tool
from eksaminer.record import Record, canonical_json
from eksaminer.registry import Loaded
from eksaminer.trend import follow


class Difference(Record, frozen=True, kw_only=True):
    """A finding that came out otherwise when it was judged again."""

    kind: Literal["missing", "new", "changed"]
    """missing: the stored assessment has it, and the evidence does not give it."""
    id: str
    check: str
    resource: str
    stored: str
    """Its status; empty: there is none."""
    again: str


class JudgedState(Record, frozen=True, kw_only=True):
    """What the stored evidence gives when it is judged again."""

    state: Literal["same", "different", "another_version", "not_judged", "nothing"]
    """another_version: the program or a check pack is another one, and statuses and severities alone are compared;
    nothing: the run judged nothing."""
    detail: str = ""
    """Why it was not judged, or which versions there are, as part of a sentence."""
    findings: int = 0
    differences: tuple[Difference, ...] = ()
    parts: tuple[str, ...] = ()
    """Other parts of the assessment that differ, by their names in assessment.json."""

    @property
    def unproved(self) -> bool:
        """Whether it is open that the evidence gives these findings."""
        return self.state == "not_judged" or (self.state == "another_version" and bool(self.differences))


def judge_again(
    evidence: Path | None, stored: Assessment | str, loaded: Loaded, earlier: Assessment | None = None
) -> JudgedState:
    """Judge *evidence* as it was judged: by the criteria, the selection and as of the time that are recorded.

    Args:
        evidence: The bundle; None: there is none that is as it was written.
        stored: The assessment, or why there is none.
        loaded: The checks to judge with.
        earlier: The run before it; None: what changed since then cannot be told again, and is taken as it is stored.
    """
    if isinstance(stored, str):
        return JudgedState(state="not_judged", detail=stored)
    if evidence is None:
        return JudgedState(state="not_judged", detail="there is no evidence here that is as it was written")
    try:
        collection = bundle.load(evidence)
    except InputError as error:
        return JudgedState(state="not_judged", detail=error.what.removesuffix("."))
    again = assess(
        collection,
        loaded.checks,
        stored.criteria,
        packs=loaded.packs,
        as_of=stored.run.as_of,
        selection=Selection(only=stored.run.checks, skip=stored.run.skip_checks),
        document=stored.document,
        decisions=stored.decisions.given,
        previous=stored.previous,
    )
    if stored.trend is not None:
        again = structs.replace(again, trend=stored.trend) if earlier is None else follow(again, earlier)
    return _compared(stored, again)


def _compared(stored: Assessment, again: Assessment) -> JudgedState:
    count = len(again.findings)
    if again.tool != stored.tool:
        differences = tuple(_differences(stored, again, whole=False))
        detail = f"{_named(stored.tool)}; here {_named(again.tool)}"
        return JudgedState(state="another_version", detail=detail, findings=count, differences=differences)
    differences, parts = tuple(_differences(stored, again, whole=True)), tuple(_parts(stored, again))
    state: Literal["same", "different"] = "different" if differences or parts else "same"
    return JudgedState(state=state, findings=count, differences=differences, parts=parts)


def _parts(stored: Assessment, again: Assessment) -> Iterator[str]:
    for name in stored.__struct_fields__:
        if name != "findings" and canonical_json(getattr(stored, name)) != canonical_json(getattr(again, name)):
            yield name


def _differences(stored: Assessment, again: Assessment, *, whole: bool) -> Iterator[Difference]:
    before, after = (_by_place(item.findings) for item in (stored, again))
    for place in sorted(before.keys() | after.keys()):
        old, new = before.get(place), after.get(place)
        one = old or new
        if one is None or (old is not None and new is not None and _equal(old, new, whole=whole)):
            continue
        yield Difference(
            kind="new" if old is None else "missing" if new is None else "changed",
            id=one.id,
            check=one.check,
            resource=one.resource.id,
            stored=old.status.value if old else "",
            again=new.status.value if new else "",
        )


def _equal(old: Finding, new: Finding, *, whole: bool) -> bool:
    if whole:
        return canonical_json(old) == canonical_json(new)
    return (old.status, old.severity) == (new.status, new.severity)


def _by_place(findings: tuple[Finding, ...]) -> dict[tuple[str, str, int], Finding]:
    """Return the findings by check, fingerprint and, should a forged file repeat one, number."""
    found: dict[tuple[str, str, int], Finding] = {}
    for finding in findings:
        number = 0
        while (finding.check, finding.id, number) in found:
            number += 1
        found[finding.check, finding.id, number] = finding
    return found


def _named(tool: Tool) -> str:
    packs = [f"{pack.name} {pack.version} ({pack.digest[:12]})".replace("  ", " ") for pack in tool.packs]
    return f"eksaminer {tool.version} with {', '.join(packs) or 'no pack'}"
