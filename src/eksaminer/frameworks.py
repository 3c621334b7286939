"""What frameworks ask of the retention of audit logs: dated facts, each with its source, and no more of them."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files

import msgspec

from eksaminer.record import Record

TABLE = "frameworks.toml"


class Framework(Record, frozen=True, kw_only=True):
    """The retention that one version of a framework asks for."""

    name: str
    version: str
    control: str
    says: str
    """The requirement in other words."""
    source: str
    read: date
    days: int | None = None
    """None: the framework leaves the number to the organisation."""
    immediate_days: int | None = None
    """How much of it has to be searchable at once; None: nothing is said of that."""

    @property
    def label(self) -> str:
        """Name, version and control."""
        return f"{self.name} {self.version}, {self.control}"


@cache
def frameworks() -> Mapping[str, Framework]:
    """Return all frameworks by the name that `--framework` takes."""
    data = tomllib.loads(files("eksaminer").joinpath(TABLE).read_text("utf-8"))
    return dict(sorted(msgspec.convert(data, dict[str, Framework]).items()))
