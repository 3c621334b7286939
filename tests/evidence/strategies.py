"""Arbitrary evidence for hypothesis, made from the types of the records."""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
from hypothesis import strategies as st

from eksaminer.evidence.collection import Collection, CollectionInfo
from eksaminer.evidence.model import Evidence, Section, Source, Target
from eksaminer.evidence.sections import SECTIONS
from eksaminer.gap import Gap

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TEXT = st.text(max_size=12)
TIMES = st.integers(0, 250 * 10**15).map(lambda number: EPOCH + timedelta(microseconds=number))
NAMES = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for values of the annotation *kind*."""
    if kind in SIMPLE:
        return SIMPLE[kind]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return records(kind)
    return _generic(get_origin(kind), get_args(kind))


def _generic(origin: Any, arguments: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        return st.one_of([values(item) for item in arguments])
    if origin is tuple and Ellipsis not in arguments:
        return st.tuples(*map(values, arguments))
    if origin in (tuple, frozenset):
        make = tuple if origin is tuple else frozenset
        return st.lists(values(arguments[0]), max_size=2).map(make)
    if origin is dict:
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=2)
    raise NotImplementedError(origin)


SIMPLE: Mapping[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    bool: st.booleans(),
    int: st.integers(-(2**62), 2**62),
    float: st.floats(allow_nan=False, allow_infinity=False),
    datetime: TIMES,
    date: st.dates(),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False, places=6),
    type(None): st.none(),
}


def records(kind: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for records of *kind*."""
    return st.deferred(
        lambda: st.builds(kind, **{item.name: values(item.type) for item in msgspec.structs.fields(kind)})
    )


TARGETS = st.builds(Target, account=TEXT, region=TEXT, cluster=TEXT, partition=TEXT)


@st.composite
def collections(draw: st.DrawFn) -> Collection:
    """Draw a collection with sections and gaps of any kind."""
    targets = draw(st.lists(TARGETS, max_size=3, unique=True))
    evidence = {target: draw(evidences(target)) for target in targets}
    answers = draw(st.dictionaries(NAMES, st.binary(max_size=20), max_size=3))
    return Collection(draw(records(CollectionInfo)), evidence, answers)


@st.composite
def evidences(draw: st.DrawFn, target: Target) -> Evidence:
    """Draw the evidence of *target*."""
    keys = draw(st.lists(st.sampled_from(sorted(SECTIONS)), max_size=2, unique=True))
    sections: dict[str, Section | Gap] = {key: draw(values(SECTIONS[key] | Gap)) for key in keys}
    return Evidence(target, draw(TIMES), sections, draw(st.lists(records(Source), max_size=1).map(tuple)))
