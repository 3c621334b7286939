"""Read what a pack says that the log cannot show."""

from importlib.resources.abc import Traversable
from pathlib import Path

from eksaminer.detection.document import mapping_at, read_documents, text_at, texts_at
from eksaminer.record import Record

FILE = "blind_spots.yml"
KEYS = frozenset({"title", "why", "instead", "mitre"})


class BlindSpot(Record, frozen=True, kw_only=True):
    """A detection of other tools that the log of EKS cannot support."""

    id: str
    """In the catalogue, like that of a rule."""
    title: str
    why: str
    """Why the log does not show it."""
    instead: str
    """What to look at instead."""
    mitre: tuple[str, ...] = ()


def load_blind_spots(folder: Path | Traversable) -> tuple[BlindSpot, ...]:
    """Return the blind spots that *folder* names; none where it has no such file. Raises `RuleError`."""
    file = folder / FILE
    if not file.is_file():
        return ()
    (document,) = read_documents(file.read_text(encoding="utf-8"), FILE)
    spots: list[BlindSpot] = []
    for name in sorted(map(str, document.values)):
        unknown = sorted(map(str, mapping_at(document, name).keys() - KEYS))
        if unknown:
            raise document.error(f"{name} has the unknown key {unknown[0]}", name, unknown[0])
        spots.append(
            BlindSpot(
                id=name,
                title=text_at(document, name, "title"),
                why=text_at(document, name, "why"),
                instead=text_at(document, name, "instead"),
                mitre=texts_at(document, name, "mitre"),
            )
        )
    return tuple(spots)
