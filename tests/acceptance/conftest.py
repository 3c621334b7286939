from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from tests.acceptance.accounts import sound_account

from eksaminer.demo.emulator import Emulator, pointed_at, start_emulator

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def running() -> Iterator[Emulator]:
    with start_emulator(sound_account(NOW), NOW) as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator) -> Iterator[Emulator]:
    running.reset()
    running.load(sound_account(NOW), NOW)
    with pointed_at(running.url):
        yield running
