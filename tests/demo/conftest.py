"""One emulator for all tests of this folder; each test gets it in its first state."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config

from eksaminer.demo.account import clean_account
from eksaminer.demo.emulator import Emulator, pointed_at, start_emulator

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def running() -> Iterator[Emulator]:
    with start_emulator(clean_account(NOW), NOW) as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator) -> Iterator[Emulator]:
    running.load(clean_account(NOW), NOW)
    with pointed_at(running.url, "eu-central-1"):
        yield running


class Clients:
    """Clients of boto3, each made once for all tests: loading the models takes long."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str, int, int], Any] = {}

    def __call__(self, service: str, region: str = "eu-central-1", *, attempts: int = 1, patience: int = 30) -> Any:
        key = (service, region, attempts, patience)
        if key not in self._made:
            retries = {"mode": "standard", "total_max_attempts": attempts}
            config = Config(retries=retries, read_timeout=patience, user_agent_extra="eksaminer/test")
            self._made[key] = boto3.Session().client(service, region_name=region, config=config)
        return self._made[key]


@pytest.fixture(scope="session")
def made() -> Clients:
    return Clients()


@pytest.fixture
def client(emulator: Emulator, made: Clients) -> Clients:
    return made
