from __future__ import annotations

import pytest

from eksaminer.check import Check
from eksaminer.registry import Loaded, load_checks


@pytest.fixture(scope="session")
def loaded() -> Loaded:
    return load_checks()


@pytest.fixture(scope="session")
def checks(loaded: Loaded) -> dict[str, Check]:
    return {check.id: check for check in loaded.checks}
