"""What a run is tied to, read and checked before anything else is done."""

from dataclasses import dataclass

from eksaminer.cli.options import Sealing
from eksaminer.cli.previous import Previous, read_previous


@dataclass(frozen=True, slots=True)
class Seal:
    """What a run is tied to."""

    previous: Previous | None = None


def seal_of(sealing: Sealing) -> Seal:
    """Read what the options name. Raises `EksaminerError` for what cannot be used."""
    return Seal(previous=None if sealing.previous is None else read_previous(sealing.previous))
