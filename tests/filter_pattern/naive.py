"""Patterns made at random, each with a second judge of it: slow, obvious, and sharing no code with the product.

It knows the policy of the product, because what is left open must be the same on both sides; it takes regular
expressions and wildcards to Python's `re`, and JSON to plain Python values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

Judge = Callable[[Any], bool]
Made = tuple[str, Judge]
"""The text of a pattern, and whether a message (parsed, or as text) matches it."""

KEYS = ("code", "user", "kind", "a.b", "x-y")
TEXTS = ("403", "401", "system:anonymous", "", "abc", "a*c", "4", "GET /x", 'say "hi"', "back\\slash")
NUMBERS = ("403", "401", "0", "-1", "4.5", "4e2", "400", "1e-3", "+7")

texts = st.one_of(st.sampled_from(TEXTS), st.text('ab4*"\\ :', max_size=6))
scalars = st.one_of(
    texts, st.integers(-5, 5), st.sampled_from([400, 401, 403, 4.5, 0.001]), st.none(), st.booleans()
)  # fmt: skip
nested = st.one_of(scalars, st.lists(scalars, max_size=3), st.dictionaries(st.sampled_from(KEYS), scalars))
documents = st.dictionaries(st.sampled_from(KEYS), nested)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def selector(path: tuple[str | int, ...]) -> str:
    steps = [
        f"[{step}]" if isinstance(step, int) or step == "[*]" else f".['{step}']" if "." in step else f".{step}"
        for step in path
    ]
    return "$" + "".join(steps).replace("[[*]]", "[*]")


def select(value: Any, path: tuple[str | int, ...]) -> list[Any]:
    if not path:
        return [value]
    first, rest = path[0], path[1:]
    if first == "[*]":
        return [below for item in value for below in select(item, rest)] if isinstance(value, list) else []
    if first == "*":
        return [below for item in value.values() for below in select(item, rest)] if isinstance(value, dict) else []
    if isinstance(first, int):
        return select(value[first], rest) if isinstance(value, list) and first < len(value) else []
    return select(value[first], rest) if isinstance(value, dict) and first in value else []


paths = st.one_of(
    st.tuples(st.sampled_from(KEYS)),
    st.tuples(st.sampled_from(KEYS), st.one_of(st.sampled_from(KEYS), st.integers(0, 2))),
)


flat: st.SearchStrategy[tuple[str | int, ...]] = st.tuples(st.sampled_from(KEYS))
full_documents = st.fixed_dictionaries(dict.fromkeys(KEYS, st.one_of(texts, st.sampled_from([400, 401, 403, 4.5]))))
"""Each key has a text or a number: what is not equal, differs."""


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def written(value: Any) -> str:
    return json.dumps(value) if is_number(value) else value


def equals(value: Any, literal: str, in_quotes: bool) -> bool:
    if "*" in literal:
        pattern = "".join(".*" if character == "*" else re.escape(character) for character in literal)
        return re.fullmatch(pattern, written(value), re.DOTALL) is not None
    numeric = not in_quotes and re.fullmatch(r"[+-]?[0-9.]+(e[+-]?[0-9]+)?", literal) is not None
    if is_number(value):
        return numeric and Fraction(written(value)) == Fraction(literal)
    return not numeric and value == literal


def comparable(value: Any) -> bool:
    return isinstance(value, str) or is_number(value)


@st.composite
def equalities(draw: st.DrawFn, where: st.SearchStrategy[tuple[str | int, ...]] = paths) -> Made:
    path, sign = draw(where), draw(st.sampled_from(["=", "!="]))
    in_quotes = draw(st.booleans())
    literal = draw(texts if in_quotes else st.sampled_from([*NUMBERS, "abc", "4*", "*c", "*", "123.123.*"]))
    shown = quoted(literal) if in_quotes else literal

    def judge(document: Any) -> bool:
        found = [value for value in select(document, path) if comparable(value)]
        return any(equals(value, literal, in_quotes) is (sign == "=") for value in found)

    return f"{selector(path)} {sign} {shown}", judge


@st.composite
def orders(draw: st.DrawFn) -> Made:
    path, sign, literal = draw(paths), draw(st.sampled_from(["<", ">", "<=", ">="])), draw(st.sampled_from(NUMBERS))

    def judge(document: Any) -> bool:
        for value in select(document, path):
            if is_number(value):
                left, right = Fraction(written(value)), Fraction(literal)
                return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[sign]
        return False

    return f"{selector(path)}{sign}{literal}", judge


@st.composite
def states(draw: st.DrawFn) -> Made:
    path = draw(paths)
    word, wanted = draw(st.sampled_from([("NULL", None), ("TRUE", True), ("FALSE", False)]))
    if draw(st.booleans()):
        return f"{selector(path)} NOT EXISTS", lambda document: not select(document, path)
    return f"{selector(path)} IS {word}", lambda document: any(value is wanted for value in select(document, path))


@st.composite
def wild(draw: st.DrawFn) -> Made:
    key, literal = draw(st.sampled_from(KEYS)), draw(texts)
    path = draw(st.sampled_from([("*",), (key, "[*]"), (key, "*")]))

    def judge(document: Any) -> bool:
        found = [value for value in select(document, path) if comparable(value)]
        return any(equals(value, literal, in_quotes=True) for value in found)

    return f"{selector(path)} = {quoted(literal)}", judge


def joined(parts: st.SearchStrategy[Made]) -> st.SearchStrategy[Made]:
    @st.composite
    def join(draw: st.DrawFn) -> Made:
        sign, several = draw(st.sampled_from(["&&", "||"])), draw(st.lists(parts, min_size=2, max_size=3))
        space = draw(st.sampled_from([" ", "", "  \n"]))
        text = f"{space}{sign}{space}".join(f"({part})" for part, _ in several)
        combine = all if sign == "&&" else any
        return text, lambda document: combine(judge(document) for _, judge in several)

    return join()


conditions: st.SearchStrategy[Made] = st.one_of(equalities(), orders(), states())
expressions: st.SearchStrategy[Made] = st.recursive(conditions, joined, max_leaves=6)


@st.composite
def regexes(draw: st.DrawFn) -> str:
    """A regular expression of the language that AWS documents, which Python reads alike."""
    chars = st.sampled_from(["a", "b", "4", ".", "[ab]", "[^a]", "[0-9]", r"\d", r"\w", r"\.", r"\x41", "_", "-", "@"])
    counts = st.sampled_from(["", "", "?", "*", "+", "{2}", "{1,2}", "{2,}"])
    sequence = st.lists(st.tuples(chars, counts).map("".join), min_size=1, max_size=5).map("".join)
    sequence = st.tuples(st.sampled_from(["", "^"]), sequence, st.sampled_from(["", "$"])).map("".join)
    return "|".join(draw(st.lists(sequence, min_size=1, max_size=3)))


@st.composite
def terms(draw: st.DrawFn) -> tuple[str, Callable[[str], bool]]:
    word = st.text("abEx_1", min_size=1, max_size=3)
    phrase = st.text('ab "\\', min_size=1, max_size=4).filter(str.strip)
    found = draw(
        st.lists(st.tuples(st.sampled_from(["", "-", "?"]), st.booleans(), word, phrase), min_size=1, max_size=4)
    )
    used = [(sign, long if spaced else short, spaced) for sign, spaced, short, long in found]
    text = " ".join(sign + (quoted(value) if spaced else value) for sign, value, spaced in used)

    def judge(message: str) -> bool:
        if all(sign == "?" for sign, _, _ in used):
            return any(value in message for _, value, _ in used)
        return all((value in message) == (sign == "") for sign, value, _ in used if sign != "?")

    return text, judge
