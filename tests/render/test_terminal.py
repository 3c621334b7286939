from __future__ import annotations

import msgspec
import pytest
from tests.render.sample import PROD, assessment, finding, large, poisoned
from wcwidth import wcswidth

from eksaminer.outcome import Status
from eksaminer.render import terminal

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

    assert "findings more.)" in shown
    assert len(shown) < 12_000


def test_rows_that_are_left_out_are_counted() -> None:
    many = [
        msgspec.structs.replace(finding("LOG-01", Status.FAIL, PROD, "Off."), check=f"X-{place:02}")
        for place in range(40)
    ]

    assert "15 more are in the report." in terminal.render(assessment(many))


def test_nothing_found_is_said() -> None:
    assert "No exception." in terminal.render(assessment(()))
