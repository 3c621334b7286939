"""Reads a trust policy: hostile JSON in, typed statements out."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from eksaminer.record import Record

LARGEST = 65_536
"""Bytes of a policy. IAM itself takes at most 4,096 characters of a trust policy."""

MOST_PROVIDERS = 100
"""Identity providers of a policy, in principals and condition keys: those 4,096 characters have room for 90."""

_VERSIONS = ("2012-10-17", "2008-10-17")
_ELEMENTS = frozenset({"Version", "Id", "Statement"})
_STATEMENT = frozenset({"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition"})
_KINDS = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})
_SHOWN = 60


class TrustPolicyError(ValueError):
    """A document that is no trust policy; the message says why in one sentence."""


class Principal(Record, frozen=True, kw_only=True):
    """A principal of a policy: its kind (`AWS`, `Service`, `Federated`, `CanonicalUser`, `*`) and its name."""

    kind: str
    name: str


class Condition(Record, frozen=True, kw_only=True):
    """One key under one operator, as they stand in the policy."""

    operator: str
    key: str
    values: tuple[str, ...]

    @property
    def shown(self) -> str:
        """The condition as a sentence quotes it."""
        return f"{self.operator} on {self.key}"


class Statement(Record, frozen=True, kw_only=True):
    """One statement."""

    index: int
    """Its number in the document, from 0."""
    sid: str
    allows: bool
    """False: Deny."""
    principals: tuple[Principal, ...]
    not_principals: bool
    """The principals are the ones that are left out."""
    actions: tuple[str, ...]
    not_actions: bool
    conditions: tuple[Condition, ...]

    @property
    def shown(self) -> str:
        """The statement as a sentence names it."""
        return f"statement {self.index + 1}" + (f" ({self.sid})" if self.sid else "")


def read_document(document: Mapping[str, Any] | str) -> tuple[Mapping[str, Any], str, tuple[Statement, ...]]:
    """Return the document, its version and its statements.

    Raises:
        TrustPolicyError: It is no trust policy.
    """
    data = _parsed(document) if isinstance(document, str) else _checked(document)
    if not isinstance(data, Mapping):
        _refuse("A trust policy is a JSON object, and this is " + _kind(data) + ".")
    _check_text(data)
    unknown = sorted(str(name) for name in data if name not in _ELEMENTS)
    if unknown:
        _refuse(f"A trust policy has no element {_quoted(unknown[0])}.")
    version = data.get("Version", _VERSIONS[1])
    if version not in _VERSIONS:
        _refuse(f"The policy version is {_quoted(version)}; IAM knows {' and '.join(_VERSIONS)}.")
    if "Statement" not in data:
        _refuse("The policy has no Statement.")
    found = data["Statement"]
    entries = found if isinstance(found, list | tuple) else [found]
    statements = tuple(_statement(index, entry) for index, entry in enumerate(entries))
    _count_providers(statements)
    return data, version, statements


def _count_providers(statements: tuple[Statement, ...]) -> None:
    named = {item.name for statement in statements for item in statement.principals if item.kind == "Federated"}
    spoken = {item.key.lower() for statement in statements for item in statement.conditions}
    issuers = {key.rpartition(":")[0] for key in spoken if key.endswith((":sub", ":aud"))}
    most = max(len(named), len(issuers))
    if most > MOST_PROVIDERS:
        _refuse(
            f"The policy names {most:,} identity providers; what IAM takes has room for {MOST_PROVIDERS}: "
            "too many to decide exactly."
        )


def _parsed(text: str) -> Any:
    if len(text.encode(errors="surrogatepass")) > LARGEST:
        _too_large()
    if not text.strip():
        _refuse("The document is empty.")
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise TrustPolicyError(f"This is not JSON: {error}.") from error
    except (RecursionError, ValueError) as error:
        if isinstance(error, TrustPolicyError):
            raise
        raise TrustPolicyError(
            "This JSON cannot be read: it is nested too deeply, or a number in it is too long."
        ) from error


def _check_text(data: Any) -> None:
    """Half of a surrogate pair is no text: nothing could print or store it."""
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise TrustPolicyError("The policy holds characters that are no text (half of a surrogate pair).") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            _refuse(f"The key {_quoted(name)} stands twice in one object: IAM would not say which of them counts.")
        found[name] = value
    return found


def _no_constant(name: str) -> NoReturn:
    _refuse(f"{name} is not JSON.")


def _checked(document: Any) -> Any:
    """Take a copy of what was given, so that nobody changes it later."""
    if not isinstance(document, Mapping):
        _refuse("A trust policy is a JSON object, and this is " + _kind(document) + ".")
    try:
        text = json.dumps(document, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise TrustPolicyError("The policy holds something that JSON cannot hold.") from error
    if len(text) > LARGEST:
        _too_large()
    return json.loads(text)


def _too_large() -> NoReturn:
    _refuse(f"The policy is larger than {LARGEST:,} bytes; IAM takes at most 4,096 characters of a trust policy.")


def _statement(index: int, entry: Any) -> Statement:
    where = f"Statement {index + 1}"
    if not isinstance(entry, Mapping):
        _refuse(f"{where} is {_kind(entry)}, not an object.")
    _check_elements(where, entry)
    sid, effect = entry.get("Sid", ""), entry.get("Effect")
    if not isinstance(sid, str):
        _refuse(f"The Sid of statement {index + 1} is {_kind(sid)}, not a string.")
    if effect not in ("Allow", "Deny"):
        _refuse(f"{where} has the Effect {_quoted(effect)}; IAM knows Allow and Deny.")
    principal, action = _one(where, entry, "Principal"), _one(where, entry, "Action")
    return Statement(
        index=index,
        sid=sid,
        allows=effect == "Allow",
        principals=_principals(where, entry[principal]),
        not_principals=principal == "NotPrincipal",
        actions=_strings(f"{action} of statement {index + 1}", entry[action]),
        not_actions=action == "NotAction",
        conditions=_conditions(where, entry.get("Condition", {})),
    )


def _check_elements(where: str, entry: Mapping[str, Any]) -> None:
    unknown = sorted(str(name) for name in entry if name not in _STATEMENT)
    if not unknown:
        return
    if unknown[0] in ("Resource", "NotResource"):
        _refuse(f"{where} has a {unknown[0]}: this is a policy of another kind, not the trust policy of a role.")
    _refuse(f"{where} has an element {_quoted(unknown[0])}, which IAM does not know.")


def _one(where: str, entry: Mapping[str, Any], name: str) -> str:
    given = [element for element in (name, f"Not{name}") if element in entry]
    if len(given) > 1:
        _refuse(f"{where} has both {name} and Not{name}; IAM takes one of them.")
    if not given and name == "Principal":
        _refuse(f"{where} has no Principal: this is a permission policy rather than a trust policy.")
    if not given:
        _refuse(f"{where} has no {name}.")
    return given[0]


def _principals(where: str, given: Any) -> tuple[Principal, ...]:
    if given == "*":
        return (Principal(kind="*", name="*"),)
    if not isinstance(given, Mapping):
        _refuse(f"The Principal of {where.lower()} is {_kind(given)}; it is an object or an asterisk.")
    unknown = sorted(str(kind) for kind in given if kind not in _KINDS)
    if unknown:
        _refuse(f"{where} has a Principal of kind {_quoted(unknown[0])}, which IAM does not know.")
    return tuple(
        Principal(kind=kind, name=name)
        for kind in sorted(given)
        for name in _strings(f"{kind} principal of {where.lower()}", given[kind])
    )


def _conditions(where: str, given: Any) -> tuple[Condition, ...]:
    if not isinstance(given, Mapping):
        _refuse(f"The Condition of {where.lower()} is {_kind(given)}, not an object.")
    found: list[Condition] = []
    for operator, keys in given.items():
        if not isinstance(keys, Mapping):
            _refuse(f"{where} has {_kind(keys)} under the operator {_quoted(operator)}, not an object.")
        for key, values in keys.items():
            about = f"value of {_quoted(key)} in {where.lower()}"
            found.append(Condition(operator=operator, key=key, values=_strings(about, values, scalars=True)))
    return tuple(found)


def _strings(about: str, given: Any, *, scalars: bool = False) -> tuple[str, ...]:
    values: Sequence[Any] = given if isinstance(given, list | tuple) else [given]
    return tuple(_string(about, value, scalars=scalars) for value in values)


def _string(about: str, value: Any, *, scalars: bool) -> str:
    if isinstance(value, str):
        return value
    if scalars and isinstance(value, bool):
        return "true" if value else "false"
    if scalars and isinstance(value, int | float):
        return str(value)
    return _refuse(f"The {about} is {_kind(value)}, not a string.")


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    kinds: dict[type, str] = {bool: "a boolean", int: "a number", float: "a number", str: "a string"}
    kinds |= {list: "a list", tuple: "a list", dict: "an object"}
    return kinds.get(type(value), f"a Python {type(value).__name__}")


def _quoted(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _refuse(why: str) -> NoReturn:
    raise TrustPolicyError(why)
