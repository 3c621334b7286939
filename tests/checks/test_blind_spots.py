"""What the log cannot show: said in the catalogue, and nowhere claimed."""

from pathlib import Path

import pytest
from tests.checks.rule_cases import PACK

from eksaminer.detection import Rule, RuleError
from eksaminer.detection.blind import FILE, BlindSpot, load_blind_spots
from eksaminer.registry import load_checks

SPOTS = load_blind_spots(PACK)
RULES: dict[str, Rule] = {rule.id: rule for rule in load_checks().rules}


@pytest.mark.parametrize("spot", SPOTS, ids=lambda spot: spot.id)
def test_says_why_and_what_to_look_at_instead(spot: BlindSpot) -> None:
    assert spot.why.endswith(".")
    assert spot.instead.endswith(".")
    assert spot.id not in RULES


def test_names_rules_that_exist() -> None:
    named = {word for spot in SPOTS for word in spot.instead.replace(".", " ").split() if word in RULES}

    assert named == {"CM-CHANGE", "POD-IMAGE-DISALLOWED", "SEC-BY-SA-NODE"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("A-B: {title: x, why: y}", "A-B.instead has to be there", id="no advice"),
        pytest.param("A-B: {title: x, why: y, instead: z, what: w}", "unknown key what", id="a typo"),
        pytest.param("A-B: x", "A-B has to be there, as a mapping", id="no mapping"),
    ],
)
def test_a_broken_file_is_refused_with_a_sentence(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(RuleError) as caught:
        load_blind_spots(tmp_path)

    assert words in str(caught.value)
    assert str(caught.value).startswith("blind_spots.yml:1:")


def test_a_folder_without_the_file_has_none(tmp_path: Path) -> None:
    assert load_blind_spots(tmp_path) == ()
