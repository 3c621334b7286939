"""The fonts of the PDF, and the characters they have."""

from functools import cache
from importlib.resources import files

FONTS = ("NotoSans-Regular.ttf", "NotoSans-SemiBold.ttf", "NotoSans-Italic.ttf", "NotoSansMono-Regular.ttf")
"""The last one is what the others fall back to."""

HAN_FONTS = ("NotoSansTC-Regular.ttf", "NotoSansTC-SemiBold.ttf")
"""Traditional Chinese: 2 MB each, loaded only for a document with a character that no other font has."""


def font(name: str) -> bytes:
    """Return a font of the package."""
    return files("eksaminer_templates").joinpath("fonts", name).read_bytes()


@cache
def characters() -> frozenset[int]:
    """Return the characters that every text font has, or the one that they fall back to.

    They stand in a file, as ranges of hexadecimal numbers: reading the fonts themselves takes longer. A test
    compares the two.
    """
    return _listed("characters.txt")


@cache
def han_characters() -> frozenset[int]:
    """Return the characters of the Chinese fonts: none of them is in another font."""
    return _listed("characters-han.txt")


def needs_han(text: str) -> bool:
    """Say whether *text* has a character for which the Chinese fonts are needed."""
    return not text.isascii() and not han_characters().isdisjoint(map(ord, set(text)))


def _listed(name: str) -> frozenset[int]:
    ranges = files("eksaminer_templates").joinpath("fonts", name).read_text("ascii").split()
    found: set[int] = set()
    for item in ranges:
        first, _, last = item.partition("-")
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(found)
