"""Compile predicates to DuckDB SQL over the columns that `fields` names.

Every test is wrapped in `coalesce(…, false)`, so that a missing field is never NULL further up.
In a conjunction the cheap tests guard the expensive ones through CASE: the engine is free to
reorder AND, and did so at ten times the cost, but never evaluates a branch before its guard.
"""

from eksaminer.detection.fields import FIELDS, Kind
from eksaminer.detection.predicate import And, Cmp, Eq, Exists, In, Like, Not, Or, Predicate, Re, Test, fold

OPERATORS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


def to_sql(predicate: Predicate) -> str:
    """Return an SQL expression that is true or false for every row, and never NULL."""
    match predicate:
        case And(parts=()):
            return "true"
        case Or(parts=()):
            return "false"
        case And(parts=parts):
            return _guarded(parts)
        case Or(parts=parts):
            return "(" + " OR ".join(to_sql(part) for part in sorted(parts, key=_expensive)) + ")"
        case Not(part=part):
            return f"(NOT {to_sql(part)})"
        case _:
            return _test(predicate)


def literal(text: str) -> str:
    """Return *text* as an SQL string."""
    pieces = [("'" + piece.replace("'", "''") + "'") for piece in text.split("\0")]
    return pieces[0] if len(pieces) == 1 else "(" + " || chr(0) || ".join(pieces) + ")"


def _guarded(parts: tuple[Predicate, ...]) -> str:
    cheap = [to_sql(part) for part in parts if not _expensive(part)]
    costly = [to_sql(part) for part in parts if _expensive(part)]
    if not cheap or not costly:
        return "(" + " AND ".join(cheap or costly) + ")"
    return f"(CASE WHEN {' AND '.join(cheap)} THEN {' AND '.join(costly)} ELSE false END)"


def _expensive(predicate: Predicate) -> bool:
    match predicate:
        case And(parts=parts) | Or(parts=parts):
            return any(_expensive(part) for part in parts)
        case Not(part=part):
            return _expensive(part)
        case Like() | Re():
            return True
        case _:
            return FIELDS[predicate.field].kind is Kind.TEXTS


def _test(test: Test) -> str:
    field = FIELDS[test.field]
    if isinstance(test, Exists):
        return f"({field.column} IS NOT NULL)"
    if field.kind is Kind.TEXTS:
        inner = f"lambda item: coalesce({_scalar(test, 'item')}, false)"
        return f"coalesce(len(list_filter({field.column}, {inner})) > 0, false)"
    column = f"CAST({field.column} AS VARCHAR)" if field.kind is Kind.NUMBER else field.column
    return f"coalesce({_scalar(test, column)}, false)"


def _scalar(test: Test, column: str) -> str:
    match test:
        case Eq(value=value, cased=cased):
            return f"{column} = {literal(value)}" if cased else f"lower({column}) = {literal(fold(value))}"
        case In(values=values):
            return f"lower({column}) IN ({', '.join(sorted({literal(fold(value)) for value in values}))})"
        case Like(pattern=pattern, cased=cased):
            subject = column if cased else f"lower({column})"
            like = literal(_like(pattern) if cased else fold(_like(pattern)))
            return f"{subject} LIKE {like} ESCAPE '\\'"
        case Re(pattern=pattern, flags=flags):
            flagged = f"(?{flags}){pattern}" if flags else pattern
            return f"regexp_matches({column}, {literal(flagged)})"
        case Cmp(operator=operator, value=value):
            number = f"regexp_full_match({column}, '[+-]?[0-9]+(\\.[0-9]+)?')"
            return f"CASE WHEN {number} THEN CAST({column} AS DOUBLE) {OPERATORS[operator]} {value!r} ELSE false END"
        case Exists():
            return "true"


def _like(pattern: tuple[str, ...]) -> str:
    escaped = str.maketrans({"%": "\\%", "_": "\\_", "\\": "\\\\"})
    wild = {"*": "%", "?": "_"}
    return "".join(wild[part] if part in wild else part[1:].translate(escaped) for part in pattern)
