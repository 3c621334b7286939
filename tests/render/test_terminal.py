from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.render.sample import PROD, assessment, finding, large, poisoned, unseen
from wcwidth import wcswidth

from eksaminer.findings import Coverage, GapRow, Population, RegionPopulation
from eksaminer.gap import Cause
from eksaminer.outcome import Status
from eksaminer.render import terminal
from eksaminer.render.safe import middle
from eksaminer.render.texts import LANGUAGES

ESC = "\x1b"


def test_has_no_colour_unless_asked() -> None:
    assert ESC not in terminal.render(assessment())


def test_colours_statuses_when_asked() -> None:
    assert f"{ESC}[31;1mFail{ESC}[0m" in terminal.render(assessment(), colour=True)


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_lines_fit_the_terminal(width: int) -> None:
    lines = terminal.render(poisoned(assessment(), "叢"), width=width).splitlines()

    assert max(wcswidth(line) for line in lines) <= max(width, 100)


def test_failures_come_before_reviews_and_the_gravest_first() -> None:
    shown = terminal.render(assessment(), width=140)

    places = [
        shown.index(f"  {words}")
        for words in ("LOG-01        legacy", "CT-02 ", "LOG-04        prod", "LOG-02        legacy")
    ]
    assert places == sorted(places)


def test_says_which_permission_would_cure_what_was_not_assessed() -> None:
    shown = terminal.render(assessment(), width=120)

    assert (
        "Permissions that would cure it: cloudtrail:GetInsightSelectors, eks:DescribeCluster, eks:ListClusters" in shown
    )


def test_exceptions_of_one_check_are_one_row() -> None:
    shown = " ".join(terminal.render(large(4_000), width=200).split())

    assert "more like it)" in shown
    assert len(shown) < 12_000


def test_rows_that_are_left_out_are_counted() -> None:
    many = [
        msgspec.structs.replace(finding("LOG-01", Status.FAIL, PROD, "Off."), check=f"X-{place:02}")
        for place in range(40)
    ]

    assert "15 more are in the report." in terminal.render(assessment(many))


def test_nothing_found_is_said() -> None:
    known = msgspec.structs.replace(assessment().population, incomplete=())

    assert "No exception." in terminal.render(assessment((), population=known))


def test_regions_that_could_not_be_listed_are_named_with_the_reason() -> None:
    shown = terminal.render(assessment(()))

    assert "No exception." not in shown
    assert (
        "Access denied  eu-west-1, eu-west-2\n    not known: the clusters of the region: AWS refused eks:ListClusters"
        in shown
    )
    assert "Permissions that would cure it: eks:ListClusters" in shown


def test_what_could_not_be_read_and_no_check_needs_is_said() -> None:
    gaps = (
        GapRow(
            target=PROD,
            section="kubernetes_objects",
            cause=Cause.UNREACHABLE,
            permission="",
            detail="The API server did not answer.",
        ),
    )
    shown = terminal.render(assessment((), coverage=Coverage(matrix=(), gaps=gaps)))

    assert "also not read: the objects in Kubernetes: The API server did not answer." in shown


def test_permissions_are_told_only_where_one_was_denied() -> None:
    missing = unseen("LOG-01", PROD, Cause.UNREACHABLE, "No way to the API server.", "list pods")

    assert "list pods" not in terminal.render(assessment([missing]), width=140)


def test_an_account_without_clusters_is_said_in_one_sentence() -> None:
    regions = (RegionPopulation(name="eu-central-1", selected=True, clusters=0, clusters_selected=0),)
    none = Population(regions=regions, regions_known=True, clusters=(), skipped=())

    assert "There is no EKS cluster in the region that was looked at (eu-central-1)." in terminal.render(
        assessment((), population=none)
    )


def test_a_demonstration_says_so() -> None:
    plain = assessment()
    run = msgspec.structs.replace(plain.run, options={"demo": "an emulated account"})

    assert "DEMONSTRATION" in terminal.render(msgspec.structs.replace(plain, run=run))
    assert "DEMONSTRATION" not in terminal.render(plain)


def test_names_are_not_broken_where_a_line_holds_them() -> None:
    arn = f"arn:aws:iam::111122223333:role/{'a-long-name/' * 4}deploy"
    found = [finding("LOG-01", Status.FAIL, PROD, f"The role {arn} may switch the audit log off.")]

    assert arn in terminal.render(assessment(found), width=100)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_that_no_line_holds_is_shortened_in_the_middle(language: str) -> None:
    arn = f"arn:aws:iam::111122223333:role/{'a-long-name/' * 8}deploy"
    found = [finding("LOG-01", Status.FAIL, PROD, f"The role {arn} may switch the audit log off.")]
    lines = terminal.render(assessment(found), language, width=80).splitlines()

    shortened = [word for line in lines for word in line.split() if "…" in word and word.startswith("arn:aws:iam")]
    assert [(word[:31], word[-6:]) for word in shortened] == [(arn[:31], "deploy")]
    assert max(map(wcswidth, lines)) <= 80


@given(st.text(max_size=200), st.integers(2, 100))
def test_a_shortened_name_has_begin_and_end_and_fits(text: str, longest: int) -> None:
    shown = middle(text, longest)

    assert len(shown) <= longest
    if shown != text:
        place = (longest - 1) // 2
        assert (len(shown), shown[place]) == (longest, "…")
        assert text.startswith(shown[:place])
        assert text.endswith(shown[place + 1 :])
