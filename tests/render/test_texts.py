"""The sentences: each one that is asked for exists, and each one that exists is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from string import Formatter

import msgspec
import pytest
from tests.render.costs import costs, unpriced
from tests.render.costs import plain as priced_wholly
from tests.render.decided import decided
from tests.render.followed import every_change, unchanged
from tests.render.kept import dark
from tests.render.sample import (
    ACTIVITY,
    FINDINGS,
    HITS,
    LEGACY,
    PROD,
    assessment,
    large,
    replayed,
    trust_row,
    unseen,
)
from tests.samples import allowing, role_arn, role_policies, sheet
from tests.samples import attached as holding
from tests.test_remedies import with_forms

from eksaminer.access import access_of
from eksaminer.catalogue import catalogue as everything
from eksaminer.evidence.scan import Refusals
from eksaminer.evidence.sections import SECTIONS
from eksaminer.findings import Assessment, Cost, EvidenceItem, PreviousRun, TrustRow
from eksaminer.gap import Cause
from eksaminer.outcome import Level, Severity, Status
from eksaminer.registry import Loaded
from eksaminer.render import attached, catalogue, html, markdown, pdf, terminal
from eksaminer.render.texts import CHINESE, ENGLISH, texts


class Recorder(dict[str, str]):
    """Remembers which sentences were read."""

    def __init__(self, sentences: dict[str, str]) -> None:
        super().__init__(sentences)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.read.add(name)
        return super().__getitem__(name)


def samples() -> Iterator[Assessment]:
    plain = assessment()
    yield plain
    yield decided()
    yield dark()
    yield with_forms()
    yield every_change()
    yield unchanged()
    yield assessment((), trust=())
    yield msgspec.structs.replace(plain, trust=(*plain.trust, *every_reach()))
    yield assessment((), population=msgspec.structs.replace(plain.population, incomplete=()))
    for digest in ("", "5" * 64):
        before = PreviousRun(run="0123456789ab", as_of=plain.run.as_of, manifest_sha256=digest)
        yield msgspec.structs.replace(plain, previous=before)
    nobody = msgspec.structs.replace(plain.population, clusters=(), regions=plain.population.regions[:1])
    empty = tuple(msgspec.structs.replace(region, clusters=0, clusters_selected=0) for region in nobody.regions)
    yield assessment((), population=msgspec.structs.replace(nobody, regions=empty))
    yield assessment((), population=msgspec.structs.replace(nobody, regions=empty, incomplete=()))
    yield msgspec.structs.replace(plain, run=msgspec.structs.replace(plain.run, options={"demo": "an account"}))
    yield assessment([*FINDINGS, replayed(peak="31")])
    yield large(60)
    yield large(2_000)
    yield from priced(plain)
    yield assessment([*FINDINGS, *(unseen("LOG-01", LEGACY, cause, f"Because of {cause}.") for cause in Cause)])
    yield assessment([unseen("LOG-01", PROD, Cause.DENIED, "Refused.")])
    yield assessment([msgspec.structs.replace(FINDINGS[1], severity=severity) for severity in Severity])
    yield crowded(plain)
    yield assessment(checks=tuple(msgspec.structs.replace(check, informs=True) for check in plain.checks))
    yield msgspec.structs.replace(
        plain,
        run=msgspec.structs.replace(
            plain.run, interrupted=True, clock_offset_ms=None, identity=type(plain.run.identity)()
        ),
        population=msgspec.structs.replace(plain.population, regions_known=False),
        criteria=msgspec.structs.replace(
            plain.criteria,
            framework="cis",
            maximum_retention_days=1,
            late_after_hours=1,
            levels={f"LOG-0{place}": level for place, level in enumerate(Level, 1)},
        ),
        activity=type(ACTIVITY)(clusters=()),
    )


def every_reach() -> Iterator[TrustRow]:
    """Roles that may do all, some and parts of a service."""
    policies = (
        allowing("s3:*", "sqs:SendMessage"),
        allowing("s3:GetObject", on="arn:aws:s3:::b/*"),
        allowing(NotAction=["iam:*"]),
        allowing("*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
    )
    for place, policy in enumerate(policies):
        may = access_of(role_policies(holding(policy)), role_arn("app"))
        yield trust_row(f"reach-{place}", Status.PASS, access=may)


def priced(plain: Assessment) -> Iterator[Assessment]:
    """What logging costs, known, partly known, not known."""
    yield assessment(cost=Cost(calls=()))
    for cost in (costs(), priced_wholly(), unpriced()):
        yield assessment(
            cost=cost,
            criteria=msgspec.structs.replace(
                plain.criteria,
                monthly_budget=Decimal(5),
                monthly_budget_per_cluster=Decimal(1),
                maximum_retention_days=1_100,
                prices=(sheet(),),
                framework="pci-dss",
            ),
        )


def crowded(plain: Assessment) -> Assessment:
    """More of everything than the PDF shows, and fields that are empty."""
    log = ACTIVITY.clusters[0]
    hit = msgspec.structs.replace(
        HITS[0],
        code=None,
        actor="",
        truncated=True,
        session="dana",
        access_key="ASIA…WXYZ",
        decision="allow",
        reason='RBAC: allowed by RoleBinding "edit/web" of ClusterRole "edit" to Group "developers"',
    )
    rule = msgspec.structs.replace(log.rules[0], hits=5_000, first_hits=(hit,) * 200)
    few = Refusals(minutes=((29_000_000, 1, 0, 0),))
    bare = msgspec.structs.replace(FINDINGS[1], evidence=())
    item = EvidenceItem(sources=tuple(f"s{place}" for place in range(9)), seen={})
    full = msgspec.structs.replace(FINDINGS[1], evidence=(item,))
    return msgspec.structs.replace(
        plain,
        findings=(bare, full),
        trust=plain.trust * 5,
        sources=tuple(
            msgspec.structs.replace(source, id=f"s{place}") for place, source in enumerate(plain.sources * 2_000)
        ),
        conclusions=tuple(msgspec.structs.replace(one, reasons=()) for one in plain.conclusions),
        coverage=msgspec.structs.replace(
            plain.coverage, matrix=tuple(msgspec.structs.replace(row, findings=2) for row in plain.coverage.matrix)
        ),
        activity=type(ACTIVITY)(
            clusters=(msgspec.structs.replace(log, rules=(rule,) * 9, origin="cloudwatch", refusals=few),) * 20
        ),
    )


STEMS_OF_VALUES = ("class.", "observable.", "refusal.", "format.", "part.", "sources.every_change", "word.english")
"""Words for values that a sample need not hold all of."""


def test_every_sentence_is_used_and_every_one_that_is_used_exists(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder({name: texts(ENGLISH)(name) for name in texts(ENGLISH).identifiers})
    monkeypatch.setattr(texts(ENGLISH), "_sentences", recorder)

    for shown in samples():
        html.render(shown)
        files = attached.files_of(shown)
        pdf.page_of(shown, files)
        pdf.page_of(shown, [replace(item, attached=False) for item in files])
        markdown.render(shown)
        terminal.render(shown)
    for names in ("🚀", "🚀𠀋"):
        strange = assessment([msgspec.structs.replace(FINDINGS[0], text=names)])
        pdf.page_of(strange, attached.files_of(strange))
    catalogue.render(everything(loaded))

    def stem(name: str) -> str:
        return name.removesuffix(".one").removesuffix(".many")

    read = {stem(name) for name in recorder.read}
    unread = {stem(name) for name in recorder} - read
    assert [name for name in sorted(unread) if not name.startswith(STEMS_OF_VALUES)] == []


@pytest.mark.parametrize(
    "stem",
    [f"status.{item}" for item in Status]
    + [f"meaning.{item}" for item in Status]
    + [f"cause.{item}.text" for item in Cause]
    + [f"part.{section}" for section in SECTIONS],
)
def test_every_value_has_its_word(stem: str) -> None:
    assert stem in texts(ENGLISH)


def test_plural_sentences_have_both_forms() -> None:
    ends = {name.rpartition(".")[0] for name in texts(ENGLISH).identifiers if name.endswith((".one", ".many"))}

    assert ends
    assert all(f"{name}.one" in texts(ENGLISH) and f"{name}.many" in texts(ENGLISH) for name in ends)


def test_parameters_are_names() -> None:
    for name in texts(ENGLISH).identifiers - {"limits.display"}:
        fields = [field for _, field, _, _ in Formatter().parse(texts(ENGLISH)(name)) if field is not None]
        assert all(field.isidentifier() for field in fields), name


@pytest.mark.parametrize(
    ("language", "items", "listed"),
    [
        (CHINESE, ("a", "b"), "a 與 b"),
        (CHINESE, ("a", "b（讀取）", "另外 2 項"), "a、b（讀取）與另外 2 項"),
        (CHINESE, ("甲", "b"), "甲與 b"),
        (CHINESE, ("a", ""), "a 與 "),
        (ENGLISH, ("甲", "乙"), "甲 and 乙"),
        (ENGLISH, (), "none"),
    ],
)
def test_there_is_room_around_the_word_between_names_where_the_language_leaves_it(
    language: str, items: tuple[str, ...], listed: str
) -> None:
    assert texts(language).listed(items) == listed
