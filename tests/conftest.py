from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from functools import cache

import pytest
from botocore.loaders import create_loader
from hypothesis import HealthCheck, settings

from eksaminer.check import Check
from eksaminer.registry import Loaded, load_checks

# A machine that does other things meanwhile must not turn a property red.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_collection_finish() -> None:
    """Leave alone what lasts to the end: looking through it for garbage again and again was a quarter of all time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_unconfigure() -> None:
    gc.unfreeze()


@pytest.fixture(scope="session")
def loaded() -> Loaded:
    return load_checks()


@pytest.fixture(scope="session")
def checks(loaded: Loaded) -> dict[str, Check]:
    return {check.id: check for check in loaded.checks}


@pytest.fixture(autouse=True, scope="session")
def _interrupts() -> None:
    """Be interruptible though started in the background, where a shell has interrupts ignored: some tests send them."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """Leave the environment as it was, in whatever order the fixtures of a test undo their changes."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session", autouse=True)
def models_are_read_once() -> Iterator[None]:
    """Every run makes a session of boto3, and every session reads the models of AWS anew: half of a short run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", cache(create_loader))
        yield
