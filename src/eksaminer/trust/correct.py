"""Writes the policy that admits the names it names, and nobody else."""

from collections.abc import Iterable, Mapping
from typing import Any

from eksaminer.trust.condition import ACTION, AUDIENCE, KeyKind, Request, judge_principal, kind_of_key
from eksaminer.trust.document import Statement
from eksaminer.trust.glob import read_value
from eksaminer.trust.language import LOOK_UPS
from eksaminer.trust.policy import TrustPolicy
from eksaminer.trust.provider import issuer_of

_WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
_OTHER_ACTIONS = (
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:SetContext",
    "sts:SetSourceIdentity",
    "sts:TagSession",
)
"""What else a trust policy can allow: what is left of `sts:*`."""


def corrected(policy: TrustPolicy, providers: Iterable[str], audience: str = AUDIENCE) -> dict[str, Any] | None:
    """Return the policy with exact statements in place of those that are not; None: nothing has to change.

    A name stays if it was admitted; nobody is admitted who was not before. Too many names and patterns (more
    than `LOOK_UPS` to compare) are left as they are. Statements about others stay, and
    of a statement that is about others too, that part stays. Nothing may be left: then no name was admitted.
    """
    requests = [Request(provider=provider, audience=audience) for provider in providers]
    if any(_is_too_large(policy, request) for request in requests):
        return None
    entries = _entries(policy.document)
    written: list[Any] = []
    changed = False
    for statement, entry in zip(policy.statements, entries, strict=True):
        loose = [request for request in requests if _is_loose(policy, statement, request)]
        if not loose:
            written.append(entry)
            continue
        changed = True
        exact = _exact(policy, statement, entry, [item for item in requests if policy.concerns(statement, item)])
        rest = _rest(statement, entry)
        if len(exact) == 1 and not rest and statement.sid:
            exact = [{"Sid": statement.sid, **exact[0]}]
        written += [*rest, *exact]
    if not changed:
        return None
    return {**policy.document, "Version": "2012-10-17", "Statement": written}


def _is_too_large(policy: TrustPolicy, request: Request) -> bool:
    """Whether to look up every name in every pattern takes too long."""
    patterns = sum(
        not policy.subjects_for(request.provider).has(value)
        for statement in policy.statements
        if policy.concerns(statement, request)
        for condition in statement.conditions
        for value in condition.values
    )
    return patterns * len(policy.named(request.provider)) > LOOK_UPS


def _entries(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = document["Statement"]
    return list(found) if isinstance(found, list | tuple) else [found]


def _is_loose(policy: TrustPolicy, statement: Statement, request: Request) -> bool:
    """Whether by the statement more are admitted than are named, or any audience, or nobody."""
    if not statement.allows or not policy.concerns(statement, request):
        return False
    reach = policy.reach_of_statement(statement.index, request.provider, request.audience)
    names = policy.named(request.provider)
    if not reach.is_decided or reach.is_empty:
        return True
    wide = reach.beyond(names) is not None and policy.is_wider(request.provider, request.audience)
    return wide or policy.takes_any_audience(statement, request.provider)


def _exact(policy: TrustPolicy, statement: Statement, entry: Mapping[str, Any], requests: list[Request]) -> list[Any]:
    written: list[Any] = []
    for request in requests:
        reach = policy.reach_of_statement(statement.index, request.provider, request.audience)
        if judge_principal(statement, request).doubt:
            continue
        whole = policy.reach(request.provider, request.audience)
        names = [name for name in policy.named(request.provider) if name in reach and name in whole]
        if names:
            written.append(_statement(statement, entry, request, names))
    return written


def _statement(statement: Statement, entry: Mapping[str, Any], request: Request, names: list[str]) -> dict[str, Any]:
    issuer = issuer_of(request.provider)
    exact = {f"{issuer}:aud": request.audience, f"{issuer}:sub": names[0] if len(names) == 1 else names}
    conditions: dict[str, dict[str, Any]] = {"StringEquals": exact}
    for operator, keys in entry.get("Condition", {}).items():
        for key, values in keys.items():
            if kind_of_key(key, request) in (KeyKind.UNKNOWN, KeyKind.CLAIM):
                conditions.setdefault(operator, {})[key] = values
    tags = [action for action in statement.actions if not statement.not_actions and action.lower() == "sts:tagsession"]
    return {
        "Effect": "Allow",
        "Principal": {"Federated": request.provider},
        "Action": [_WEB_IDENTITY, *tags] if tags else _WEB_IDENTITY,
        "Condition": conditions,
    }


def _rest(statement: Statement, entry: Mapping[str, Any]) -> list[Any]:
    """Return what a statement says of others than web identities, or of other actions."""
    if statement.not_principals or any("*" in item.name for item in statement.principals):
        return _other_actions(statement, entry)
    others = {kind: names for kind, names in entry["Principal"].items() if kind != "Federated"}
    federated = [
        item.name
        for item in statement.principals
        if item.kind == "Federated" and ":saml-provider/" in item.name
    ]  # fmt: skip
    if federated:
        others["Federated"] = federated[0] if len(federated) == 1 else federated
    return _other_actions(statement, {**entry, "Principal": others}) if others else []


def _other_actions(statement: Statement, entry: Mapping[str, Any]) -> list[Any]:
    if statement.not_actions:
        return [{**entry, "NotAction": [*statement.actions, _WEB_IDENTITY]}]
    left: dict[str, None] = {}
    for action in statement.actions:
        glob = read_value(action.lower(), wildcards=True).glob
        if not glob.matches(ACTION):
            left[action] = None
        elif "*" in action or "?" in action:
            left |= dict.fromkeys(name for name in _OTHER_ACTIONS if glob.matches(name.lower()))
    actions = list(left)
    return [{**entry, "Action": actions[0] if len(actions) == 1 else actions}] if actions else []
