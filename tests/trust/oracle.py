"""A concrete evaluator of trust policies, written from the IAM reference. It shares no code with the product.

It decides one request at a time. What the token does not tell is a question with two answers; `verdict` tries
all of them. The rules, each from the IAM User Guide (reference of policy elements):

- explicit Deny, else Allow, else nothing; a statement applies if principal, action and all conditions match
- actions and condition keys in any case, values as they are; `*` and `?` only in the Like and Arn operators
- values of a key: or; negated operators: none of them; keys and operators: and
- key absent: false; negated: true; IfExists and ForAllValues: true; ForAnyValue: false; Null asks for that
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

Json = dict[str, Any]
SINCE_VARIABLES = "2012-10-17"
STRINGS = {
    "stringequals": ("exact", False),
    "stringnotequals": ("exact", True),
    "stringequalsignorecase": ("nocase", False),
    "stringnotequalsignorecase": ("nocase", True),
    "stringlike": ("glob", False),
    "stringnotlike": ("glob", True),
    "arnequals": ("arn", False),
    "arnlike": ("arn", False),
    "arnnotequals": ("arn", True),
    "arnnotlike": ("arn", True),
}
OTHERS = {"bool", "ipaddress", "notipaddress", "binaryequals"} | {
    f"{kind}{how}"
    for kind in ("numeric", "date")
    for how in ("equals", "notequals", "lessthan", "lessthanequals", "greaterthan", "greaterthanequals")
}
NEGATED_OTHERS = {"notipaddress", "numericnotequals", "datenotequals"}


class Request:
    """One call of AssumeRoleWithWebIdentity, with the answers to what the token leaves open."""

    def __init__(self, provider: str, subject: str, audience: str, answers: tuple[bool, ...]) -> None:
        self.provider = provider
        issuer = provider.split(":oidc-provider/")[1].lower()
        self.issuer = issuer
        self.claims = {f"{issuer}:sub": subject, f"{issuer}:aud": audience}
        self._answers = answers
        self.asked = 0

    def guess(self) -> bool:
        """Answer the next open question."""
        self.asked += 1
        return self._answers[self.asked - 1] if self.asked <= len(self._answers) else False


def wild(pattern: str, text: str) -> bool:
    """Match `*` and `?` by a table of positions (no regular expression, no recursion)."""
    if not {"*", "?"} & set(pattern):
        return pattern == text
    row = [True] + [False] * len(text)
    for symbol in pattern:
        if symbol == "*":
            seen, following = False, []
            for cell in row:
                seen = seen or cell
                following.append(seen)
            row = following
        else:
            row = [False] + [row[i] and symbol in ("?", text[i]) for i in range(len(text))]
    return row[-1]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def text_of(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def principal_matches(statement: Json, request: Request) -> bool:
    if "NotPrincipal" in statement:
        named = any(name == request.provider for name in federated(statement["NotPrincipal"]))
        return request.guess() and not named
    given = statement["Principal"]
    names = federated(given)
    if request.provider in names:
        return True
    everyone = given == "*" or "*" in as_list(given.get("AWS", [])) or any(
        wild(name, request.provider) or name.lower() == request.provider.lower() for name in names
    )  # fmt: skip
    return request.guess() and everyone


def federated(given: Any) -> list[str]:
    return as_list(given.get("Federated", [])) if isinstance(given, dict) else []


def action_matches(statement: Json) -> bool:
    key = "Action" if "Action" in statement else "NotAction"
    hit = any(wild(item.lower(), "sts:assumerolewithwebidentity") for item in as_list(statement[key]))
    return hit == (key == "Action")


def value_matches(how: str, value: str, text: str, request: Request, *, variables: bool) -> bool:
    """Match one value; a policy variable has either the one text that fits, or none."""
    ends_up = True
    if variables:
        plain = re.sub(r"\$\{([*?$])\}", "", value)
        if re.search(r"\$\{[^${}]*\}", plain):
            ends_up = request.guess()
    pattern = ""
    at = 0
    while at < len(value):
        found = re.compile(r"\$\{([^${}]*|\$)\}").match(value, at) if variables else None
        if found is None:
            symbol = value[at]
            literal = symbol in "*?" and how not in ("glob", "arn")
            pattern += {"*": "\x01", "?": "\x02"}[symbol] if literal else symbol
            at += 1
            continue
        pattern += {"*": "\x01", "?": "\x02", "$": "$"}.get(found[1], "*")
        at = found.end()
    # \x01 and \x02 stand for the characters themselves, in pattern and text alike
    shown = text.replace("*", "\x01").replace("?", "\x02")
    if how == "nocase":
        pattern, shown = pattern.lower(), shown.lower()
    hit = wild(pattern, shown)
    if how == "arn":
        hit = request.guess() and hit
    return hit and ends_up


def condition_matches(  # noqa: PLR0911 - one line for each rule of the reference
    operator: str, key: str, values: list[str], request: Request, *, variables: bool
) -> bool:
    prefix, _, name = operator.lower().rpartition(":")
    optional = name.endswith("ifexists")
    base = name[: -len("ifexists")] if optional else name
    known = base in STRINGS or base in OTHERS or (base == "null" and not optional and not prefix)
    if not known or prefix not in ("", "foranyvalue", "forallvalues"):
        return request.guess()
    key = key.lower()
    of_a_token = "." in key.split(":")[0] or key.startswith(("saml:", "https:"))
    if not of_a_token:
        return request.guess()
    present = key in request.claims
    if base == "null":
        return any(value.lower() == ("false" if present else "true") for value in values)
    how, negated = STRINGS.get(base, ("other", base in NEGATED_OTHERS))
    if not present:
        if optional or prefix == "forallvalues":
            return True
        return negated and prefix != "foranyvalue"
    if how == "other":
        return request.guess()
    text = request.claims[key]
    hits = [value_matches(how, value, text, request, variables=variables) for value in values]
    return any(hits) != negated


def applies(statement: Json, request: Request, *, variables: bool) -> bool:
    """Whether a statement applies. Everything is evaluated, so that every open question is asked once."""
    results = [action_matches(statement), principal_matches(statement, request)]
    for operator, keys in statement.get("Condition", {}).items():
        for key, given in keys.items():
            values = [text_of(value) for value in as_list(given)]
            results.append(condition_matches(operator, key, values, request, variables=variables))
    return all(results)


def allowed(policy: Json, request: Request) -> bool:
    """Decide one request."""
    variables = policy.get("Version") == SINCE_VARIABLES
    outcome = [(s["Effect"], applies(s, request, variables=variables)) for s in as_list(policy["Statement"])]
    return ("Allow", True) in outcome and ("Deny", True) not in outcome


def outcomes(policy: Json, provider: str, subject: str, audience: str) -> Iterator[bool]:
    """Decide the request under every set of answers to what is open."""
    first = Request(provider, subject, audience, ())
    yield allowed(policy, first)
    if first.asked > 12:
        message = f"too many open questions for this evaluator: {first.asked}"
        raise ValueError(message)
    for answers in product((False, True), repeat=first.asked):
        yield allowed(policy, Request(provider, subject, audience, answers))


def verdict(policy: Json, provider: str, subject: str, audience: str = "sts.amazonaws.com") -> str:
    """Return `yes`, `no`, or `depends`."""
    found = set(outcomes(policy, provider, subject, audience))
    return "depends" if len(found) > 1 else "yes" if found == {True} else "no"
