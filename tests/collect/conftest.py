"""One emulator for all tests of this folder; each test gets it in its first state."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from eksaminer.collect.clock import FixedClock
from eksaminer.demo.account import clean_account
from eksaminer.demo.emulator import Emulator, pointed_at, start_emulator

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RUN = "0123456789ab"


@pytest.fixture(scope="session")
def running() -> Iterator[Emulator]:
    with start_emulator(clean_account(NOW), NOW) as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator) -> Iterator[Emulator]:
    running.load(clean_account(NOW), NOW)
    with pointed_at(running.url, "eu-central-1"):
        yield running
    running.reset()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)
