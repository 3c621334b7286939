"""The fonts of the PDF, and the characters they have."""

from functools import cache
from importlib.resources import files

FONTS = ("NotoSans-Regular.ttf", "NotoSans-SemiBold.ttf", "NotoSans-Italic.ttf", "NotoSansMono-Regular.ttf")
"""The last one is what the others fall back to."""


def font(name: str) -> bytes:
    """Return a font of the package."""
    return files("eksaminer_templates").joinpath("fonts", name).read_bytes()


@cache
def characters() -> frozenset[int]:
    """Return the characters that every text font has, or the one that they fall back to.

    They stand in a file, as ranges of hexadecimal numbers: reading the fonts themselves takes longer. A test
    compares the two.
    """
    ranges = files("eksaminer_templates").joinpath("fonts", "characters.txt").read_text("ascii").split()
    found: set[int] = set()
    for item in ranges:
        first, _, last = item.partition("-")
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(found)
