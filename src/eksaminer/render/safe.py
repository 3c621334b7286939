"""Make strings from outside safe to look at: what cannot be seen, or lies about its order, is shown as an escape."""

import re
from urllib.parse import urlsplit

LONGEST = 4_000
"""Characters of one string that a report prints."""

_BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
_DECEPTIVE = re.compile(f"[{_BLANK}]")
"""Characters that Python calls printable and that leave no mark."""

_LONG_WORD = re.compile(r"[!-~]+")
"""Words of Latin letters; others may be parted anywhere, or leave no room between them."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def visible(text: str, longest: int = LONGEST) -> str:
    r"""Return *text* with control, bidi, zero-width and blank characters as `\u{…}`, cut at *longest* characters."""
    if len(text) > longest:
        text = f"{text[:longest]} … ({len(text) - longest:,} characters more)"
    if text.isprintable() and (text.isascii() or not _DECEPTIVE.search(text)):
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character.isprintable() and not _DECEPTIVE.match(character):
        return character
    return escape(character)


def escape(character: str) -> str:
    r"""Return *character* as `\u{…}`."""
    return f"\\u{{{ord(character):x}}}"


def middle(text: str, longest: int) -> str:
    """Return *text*, or its begin and end with an ellipsis between: of an ARN both say something."""
    if len(text) <= longest:
        return text
    begin = (longest - 1) // 2
    return f"{text[:begin]}…{text[len(text) - (longest - 1 - begin) :]}"


def whole_words(text: str, columns: int) -> str:
    """Return *text* with every name that does not fit into a line of *columns* shortened: no line break parts it."""
    return _LONG_WORD.sub(lambda found: middle(found[0], columns), text) if len(text) > columns else text


def https(url: str) -> str:
    """Return *url* if it is a plain https address, else nothing: no other link is ever made."""
    if not url.isprintable() or not url.isascii() or " " in url:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    plain = parts.scheme == "https" and parts.hostname and parts.username is None
    return url if plain else ""


def cell(text: str) -> str:
    """Return *text* for a CSV file: a spreadsheet must not take it for a formula."""
    return visible(f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text)
