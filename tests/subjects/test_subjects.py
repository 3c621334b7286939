"""The data of the subjects: what the guide's own queries, and patterns with the same meaning, do with the events."""

from __future__ import annotations

from pathlib import Path

import pytest

from eksaminer.guide import BY_SLUG
from eksaminer.subjects import ROUTINE, SUBJECTS, Subject, Trial, try_pattern, try_query

GUIDE = Path(__file__).parents[3] / "shared" / "guide.zh-TW.md"
each_subject = pytest.mark.parametrize("subject", SUBJECTS, ids=[subject.id for subject in SUBJECTS])


@each_subject
def test_the_guides_query_finds_what_is_needed_and_nothing_else(subject: Subject) -> None:
    trial = try_query(subject.query)

    assert isinstance(trial, Trial)
    assert {event.what for event in subject.events if event.what in trial.found} == {
        event.what for event in subject.needed
    }
    assert not trial.routine
    assert not trial.open


@each_subject
def test_the_query_stands_in_the_guide_word_for_word(subject: Subject) -> None:
    if not GUIDE.exists():
        pytest.skip("the guide is not here")

    assert subject.query in GUIDE.read_text(encoding="utf-8")
    assert "analyze-logs-with-log-insights" in BY_SLUG


def test_every_event_has_a_name_of_its_own() -> None:
    names = [event.what for subject in SUBJECTS for event in subject.events] + [event.what for event in ROUTINE]

    assert len(SUBJECTS) == 8
    assert len(names) == len(set(names))


def test_a_pattern_that_the_documentation_leaves_open_finds_nothing_for_certain() -> None:
    trial = try_pattern('{ $.responseStatus.code = "403" }')

    assert isinstance(trial, Trial)
    assert not trial.found
    assert trial.open
