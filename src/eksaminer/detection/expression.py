"""Regular expressions of rules: what Python and the log engine (RE2) both take, at the size the engine allows.

RE2 needs time that grows with the text alone, whatever the expression; its price is a bound on the size of what it
is compiled to, which only it can tell.
"""

import re
import warnings
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def refused(pattern: str, flags: frozenset[str]) -> str:
    """Say why *pattern* cannot be used with *flags* (of `i`, `m`, `s`); empty: it can."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern)
    except (re.error, RecursionError, OverflowError, Warning) as error:
        return str(error)
    import duckdb  # noqa: PLC0415 - heavy, and needed where a rule has an expression

    expression = f"(?{''.join(sorted(flags))}){pattern}" if flags else pattern
    try:
        _engine().execute("SELECT regexp_matches('', ?)", [expression]).fetchall()
    except duckdb.Error as error:
        return str(error).partition("\n")[0].removeprefix("Invalid Input Error: ")
    return ""


@cache
def _engine() -> "duckdb.DuckDBPyConnection":
    import duckdb  # noqa: PLC0415 - as above

    return duckdb.connect(config={"threads": 1})
