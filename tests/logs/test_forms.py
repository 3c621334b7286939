"""Every form of the same events gives the same result."""

import gzip
from pathlib import Path

import pytest
from tests.logs.made import FORMS, SHARED, Make, Pairs, needs_shared, pairs, plain, rules, sample, zstd

from eksaminer.evidence.scan import Hit
from eksaminer.logs import scan


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    path = tmp_path_factory.mktemp("plain") / "log"
    path.write_bytes(plain(sample()))
    return pairs([path])


PACKED = ("json-lines", "cloudwatch-export", "insights-results")
CASES = [
    *(pytest.param(make, "plain", id=name) for name, make in FORMS.items()),
    *(pytest.param(FORMS[name], packed, id=f"{name} in {packed}") for name in PACKED for packed in ("gzip", "zstd")),
]


@pytest.mark.parametrize(("make", "packed"), CASES)
def test_every_form_and_compression_gives_the_same_hits(
    make: Make, packed: str, expected: Pairs, tmp_path: Path
) -> None:
    content = make(sample())
    path = tmp_path / "misleading.json.txt"
    if packed == "zstd":
        zstd(content, path)
    else:
        path.write_bytes(gzip.compress(content) if packed == "gzip" else content)

    assert pairs([path]) == expected


def test_the_sample_fires_every_rule(expected: Pairs) -> None:
    assert {rule for rule, _ in expected} == {rule.id for rule in rules()}


@pytest.mark.parametrize("make", FORMS.values(), ids=FORMS.keys())
def test_every_record_is_accounted_for_as_a_line(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(make(sample()))
    with scan([path], rules()) as outcome:
        account = outcome.accounting

    assert account.lines == account.good
    assert account.good - account.other == len(sample())
    assert (account.bad, account.blank) == (0, 0)


CUT = {"small-export", "small-filter", "small-firehose", "small-insights"}
"""Forms whose four largest events CloudWatch cut."""


@needs_shared
@pytest.mark.parametrize("form", [*sorted(CUT), "small-filter-whole"])
def test_recorded_forms_give_the_hits_of_the_whole_log(form: str) -> None:
    # Not even the four events that were cut lose a hit: what the six rules read stands before the bodies.
    with scan([SHARED / "forms" / form], rules()) as outcome:
        found = frozenset((rule, hit.audit_id) for rule, hit in outcome.hits())
        account = outcome.accounting

    assert found == pairs([SHARED / "small" / "audit.jsonl.gz"])
    assert account.good - account.other == 2_289
    assert account.requests == 2_124
    assert account.truncated == (4 if form in CUT else 0)
    assert (account.bad, account.blank) == (0, 0)


@needs_shared
def test_what_a_cut_line_no_longer_shows_is_the_decision_the_reason_and_its_exact_time() -> None:
    whole, cut = _hits(SHARED / "small" / "audit.jsonl.gz"), _hits(SHARED / "forms" / "small-export")
    differing = {key for key, hit in cut.items() if hit.truncated}

    assert sorted(rule for rule, _ in differing) == ["EKS-AWS-AUTH", "EKS-AWS-AUTH", "RBAC-ROLE-CHANGE"]
    for key in differing:
        assert (whole[key].decision, cut[key].decision) == ("allow", "")
        assert abs(whole[key].time - cut[key].time).total_seconds() < 0.001
        assert (whole[key].user, whole[key].actor, whole[key].code) == (cut[key].user, cut[key].actor, cut[key].code)


def _hits(path: Path) -> dict[tuple[str, str], Hit]:
    with scan([path], rules()) as outcome:
        return {(rule, hit.audit_id): hit for rule, hit in outcome.hits()}


@needs_shared
def test_other_streams_of_an_export_are_counted_and_the_test_object_is_named() -> None:
    with scan([SHARED / "forms" / "small-export"], rules()) as outcome:
        account = outcome.accounting

    assert account.other == 342
    assert [reason for _, reason in outcome.skipped] == ["the test object that CloudWatch writes before an export"]
