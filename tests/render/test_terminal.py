from __future__ import annotations

import pytest
from tests.render.sample import assessment, large, poisoned
from wcwidth import wcswidth

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


def test_many_exceptions_are_counted() -> None:
    assert "1,975 more are in the report." in terminal.render(large(4_000))


def test_nothing_found_is_said() -> None:
    assert "No exception." in terminal.render(assessment(()))
