"""Random trust policies, and subjects that they may be about. No network, no clock: the same seed, the same policy."""

from __future__ import annotations

from random import Random
from typing import Any

ACCOUNT = "arn:aws:iam::111122223333"
ISSUER = "oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
OTHER_ISSUER = "oidc.eks.eu-west-1.amazonaws.com/id/FEDCBA9876543210FEDCBA9876543210"
PROVIDER = f"{ACCOUNT}:oidc-provider/{ISSUER}"
OTHER_PROVIDER = f"{ACCOUNT}:oidc-provider/{OTHER_ISSUER}"
AUDIENCE = "sts.amazonaws.com"
PREFIX = "system:serviceaccount:"

NAMESPACES = ("a", "b", "prod", "prod-x", "dev", "kube-system", "default", "a1", "team-a")
NAMES = ("a", "app", "app-1", "app-2", "x.y", "default", "b", "web", "a-b.c")
LONG = ("n" * 63, "s" * 253)
SUBJECTS = (
    *(f"{PREFIX}{namespace}:{name}" for namespace in NAMESPACES for name in NAMES),
    f"{PREFIX}{':'.join(LONG)}",
)

PIECES = ("*", "?", "a", "b", "prod", "app", "-", ".", ":", "1", "dev", "**", "x", "web", "${*}", "${aws:username}")
OPERATORS = (
    "StringEquals", "StringEquals", "StringLike", "StringLike", "StringLike", "StringNotEquals", "StringNotLike",
    "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "ArnLike", "ArnNotEquals", "Bool", "Null", "stringlike",
    "StringEqualsIfExists", "StringLikeIfExists", "StringNotLikeIfExists", "ForAnyValue:StringLike",
    "ForAllValues:StringLike", "ForAllValues:StringNotEquals", "ForAnyValue:StringNotLike", "NumericEquals",
    "ForAnyValue:StringEqualsIfExists", "DateLessThan", "StringAlmostEquals", "NullIfExists", "NotIpAddress",
)  # fmt: skip
KEYS = (
    f"{ISSUER}:sub", f"{ISSUER}:sub", f"{ISSUER}:sub", f"{ISSUER}:sub", f"{ISSUER}:SUB", f"{ISSUER.upper()}:sub",
    f"{ISSUER}:aud", f"{ISSUER}:azp", f"{OTHER_ISSUER}:sub", f"{OTHER_ISSUER}:aud", "aws:SourceIp",
    "sts:RoleSessionName", "saml:aud",
)  # fmt: skip
ACTIONS: tuple[Any, ...] = (
    "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithWebIdentity", "sts:*", "*",
    "STS:assumerolewithwebidentity", ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"], "sts:AssumeRole",
    "sts:AssumeRole*", "sts:AssumeRoleWith???Identity",
)  # fmt: skip
PRINCIPALS: tuple[Any, ...] = (
    {"Federated": PROVIDER}, {"Federated": PROVIDER}, {"Federated": PROVIDER}, {"Federated": PROVIDER},
    {"Federated": [OTHER_PROVIDER, PROVIDER]}, {"Federated": OTHER_PROVIDER}, "*", {"AWS": "*"}, {"Federated": "*"},
    {"AWS": f"{ACCOUNT}:root", "Federated": PROVIDER}, {"Service": "ec2.amazonaws.com"},
    {"Federated": PROVIDER.upper()},
    {"Federated": f"{ACCOUNT}:oidc-provider/*"},
)  # fmt: skip


def subject_value(random: Random) -> str:
    """Return a value for a subject: a whole one, a pattern around one, or anything."""
    kind = random.random()
    if kind < 0.35:
        return random.choice(SUBJECTS)
    if kind < 0.6:
        namespace = random.choice((*NAMESPACES, "*", "prod*", "?", "a?"))
        return f"{PREFIX}{namespace}:{random.choice((*NAMES, '*', 'app-*', '?'))}"
    if kind < 0.7:
        return random.choice(SUBJECTS).replace(random.choice("aps:1-"), random.choice("*?A"), random.randint(1, 3))
    if kind < 0.8:
        return random.choice(("*", f"{PREFIX}*", f"{PREFIX}*:*", "*:app", f"{PREFIX}prod*app", "system:*", "", "?*"))
    return random.choice((PREFIX, "*", "")) + "".join(random.choices(PIECES, k=random.randint(1, 6)))


def value_for(random: Random, operator: str, key: str) -> Any:
    if operator.startswith("Null"):
        return random.choice(("true", "false", True, False))
    if key.lower().endswith("aud"):
        return random.choice((AUDIENCE, AUDIENCE, "sts.*", "other", "*"))
    if random.random() < 0.03:
        return random.choice((True, 7, 2.5))
    return subject_value(random)


def condition(random: Random) -> dict[str, Any]:
    block: dict[str, Any] = {}
    for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3))):
        operator, key = random.choice(OPERATORS), random.choice(KEYS)
        values = [value_for(random, operator, key) for _ in range(random.choice((0, 1, 1, 2, 3)))]
        block.setdefault(operator, {})[key] = values[0] if len(values) == 1 and random.random() < 0.7 else values
    return block


def statement(random: Random) -> dict[str, Any]:
    found: dict[str, Any] = {"Effect": random.choice(("Allow", "Allow", "Allow", "Deny"))}
    found["NotPrincipal" if random.random() < 0.05 else "Principal"] = random.choice(PRINCIPALS)
    found["NotAction" if random.random() < 0.05 else "Action"] = random.choice(ACTIONS)
    if random.random() < 0.92:
        found["Condition"] = condition(random)
    return found


def policy(seed: int) -> dict[str, Any]:
    """Return a policy of one to four statements."""
    random = Random(seed)
    statements = [statement(random) for _ in range(random.choice((1, 1, 2, 2, 3, 4)))]
    version = random.choice(("2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17", None))
    document: dict[str, Any] = {"Statement": statements[0] if len(statements) == 1 else statements}
    return {"Version": version, **document} if version else document
