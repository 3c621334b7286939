from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eksaminer.render.limits import fair


@pytest.mark.parametrize(
    ("wishes", "room", "share"),
    [
        pytest.param([3, 4], 60, 53, id="room for all"),
        pytest.param([100, 100, 100], 60, 20, id="the same for each"),
        pytest.param([1, 100, 100], 61, 30, id="what one leaves, the others take"),
        pytest.param([], 60, 60, id="nobody wishes"),
        pytest.param([1] * 100, 60, 1, id="everybody gets one"),
    ],
)
def test_shares(wishes: list[int], room: int, share: int) -> None:
    assert min(max(wishes, default=share), fair(wishes, room)) == min(max(wishes, default=share), share)


@given(st.lists(st.integers(0, 1_000), max_size=50), st.integers(50, 500))
def test_takes_no_more_than_the_room(wishes: list[int], room: int) -> None:
    share = fair(wishes, room)

    taken = sum(min(wish, share) for wish in wishes)
    assert taken <= room
    assert taken == sum(wishes) or room - taken < len(wishes)
