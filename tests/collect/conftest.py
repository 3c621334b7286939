"""One emulator for all tests of this folder; each test gets it in its first state."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

import pytest
from botocore.loaders import create_loader

from eksaminer.collect.clock import FixedClock
from eksaminer.demo.account import clean_account
from eksaminer.demo.emulator import Emulator, pointed_at, start_emulator

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RUN = "0123456789ab"


@pytest.fixture(scope="session", autouse=True)
def models_are_read_once() -> Iterator[None]:
    """Every run makes a session of boto3, and every session reads the models of AWS anew: half of a short run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", cache(create_loader))
        yield


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
