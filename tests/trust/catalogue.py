"""Named trust policies, good and bad: what each admits, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.trust.generate import ACCOUNT, AUDIENCE, ISSUER, OTHER_ISSUER, OTHER_PROVIDER, PREFIX, PROVIDER

SUB, AUD = f"{ISSUER}:sub", f"{ISSUER}:aud"
WEB = "sts:AssumeRoleWithWebIdentity"


@dataclass(frozen=True)
class Case:
    name: str
    policy: dict[str, Any]
    width: str
    sentence: str
    """Without the issuer."""
    beyond: str = ""
    """`namespace/name` of the shortest subject that is not named."""
    flaws: frozenset[str] = frozenset()


def sa(namespace: str, name: str) -> str:
    return f"{PREFIX}{namespace}:{name}"


def allow(condition: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    found = {"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": WEB, **more}
    return found if condition is None else {**found, "Condition": condition}


def deny(condition: dict[str, Any], **more: Any) -> dict[str, Any]:
    return allow(condition, Effect="Deny", **more)


def policy(*statements: dict[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": list(statements)}


def pinned(operator: str, values: Any, key: str = SUB) -> dict[str, Any]:
    """A condition on the subject beside a pinned audience."""
    if operator == "StringEquals":
        return {"StringEquals": {AUD: AUDIENCE, key: values}}
    return {"StringEquals": {AUD: AUDIENCE}, operator: {key: values}}


APP = sa("prod", "app")
_NAMED = "Exactly 1 service account can assume the role: prod/app."
_NOBODY = "No service account can assume the role."
_EVERYONE = "Every service account can assume the role, for example a/a."
_DOUBT = "may be able to assume the role, depending on what the token does not tell ({})"
_MANY = "Service accounts in namespaces that are not named can assume the role, for example {}."


def _case(
    name: str, document: dict[str, Any], width: str, sentence: str, beyond: str = "", *flaws: str
) -> Case:  # fmt: skip
    return Case(name, document, width, sentence, beyond, frozenset(flaws))


CASES = [
    # good
    _case("exact", policy(allow(pinned("StringEquals", APP))), "named", _NAMED),
    _case("exact in a list", policy(allow(pinned("StringEquals", [APP]))), "named", _NAMED),
    _case("Like without wildcards", policy(allow(pinned("StringLike", APP))), "named", _NAMED),
    _case("key in upper case", policy(allow(pinned("StringEquals", APP, SUB.upper()))), "named", _NAMED),
    _case("case ignored", policy(allow(pinned("StringEqualsIgnoreCase", sa("Prod", "App")))), "named", _NAMED),
    _case("action in another case", policy(allow(pinned("StringEquals", APP), Action=WEB.upper())), "named", _NAMED),
    _case(
        "two names",
        policy(allow(pinned("StringEquals", [APP, sa("dev", "app")]))),
        "named",
        "Exactly 2 service accounts can assume the role: dev/app, prod/app.",
    ),
    _case(
        "two statements",
        policy(allow(pinned("StringEquals", APP)), allow(pinned("StringEquals", sa("dev", "app")))),
        "named",
        "Exactly 2 service accounts can assume the role: dev/app, prod/app.",
    ),
    _case("any value of one", policy(allow(pinned("ForAnyValue:StringEquals", APP))), "named", _NAMED),
    _case("if exists on a key that exists", policy(allow(pinned("StringEqualsIfExists", APP))), "named", _NAMED),
    _case(
        "null condition that holds",
        policy(allow({**pinned("StringEquals", APP), "Null": {SUB: "false"}})),
        "named",
        _NAMED,
    ),
    _case(
        "a wildcard, narrowed by a second condition",
        policy(allow({"StringEquals": {AUD: AUDIENCE, SUB: APP}, "StringLike": {SUB: sa("prod", "*")}})),
        "named",
        _NAMED,
        "",
        "whole_namespace",
    ),
    _case(
        "everything else denied",
        policy(allow(pinned("StringLike", sa("prod", "*"))), deny({"StringNotEquals": {SUB: APP}})),
        "named",
        _NAMED,
        "",
        "whole_namespace",
    ),
    _case(
        "a role for EC2",
        policy(allow(Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole")),
        "nobody",
        _NOBODY,
        "",
        "no_web_identity",
        "other_principals",
    ),
    _case(
        "two clusters, each pinned",
        policy(
            allow(pinned("StringEquals", APP)),
            allow(
                {"StringEquals": {f"{OTHER_ISSUER}:sub": APP, f"{OTHER_ISSUER}:aud": AUDIENCE}},
                Principal={"Federated": OTHER_PROVIDER},
            ),
        ),
        "named",
        _NAMED,
        "",
        "several_providers",
    ),
    # wide
    _case("no condition", policy(allow()), "everyone", _EVERYONE, "a/a", "no_subject_condition", "audience_not_pinned"),
    _case(
        "audience only",
        policy(allow({"StringEquals": {AUD: AUDIENCE}})),
        "everyone",
        _EVERYONE,
        "a/a",
        "no_subject_condition",
    ),
    _case("any subject", policy(allow(pinned("StringLike", "*"))), "everyone", _EVERYONE, "a/a", "subject_wildcard"),
    _case(
        "any service account",
        policy(allow(pinned("StringLike", sa("*", "*")))),
        "everyone",
        _EVERYONE,
        "a/a",
        "subject_wildcard",
    ),
    _case(
        "any namespace",
        policy(allow(pinned("StringLike", sa("*", "app")))),
        "namespaces",
        _MANY.format("a/app"),
        "a/app",
        "namespace_wildcard",
    ),
    _case(
        "a prefix of namespaces",
        policy(allow(pinned("StringLike", sa("team-a*", "app")))),
        "namespaces",
        _MANY.format("team-a/app"),
        "team-a/app",
        "namespace_wildcard",
    ),
    _case(
        "a whole namespace",
        policy(allow(pinned("StringLike", sa("prod", "*")))),
        "namespace",
        "Every service account in the namespace prod can assume the role, for example prod/a.",
        "prod/a",
        "whole_namespace",
    ),
    _case(
        "a prefix of names",
        policy(allow(pinned("StringLike", sa("prod", "app-*")))),
        "namespace",
        "Service accounts beyond a fixed list in the namespace prod can assume the role, for example prod/app-a.",
        "prod/app-a",
        "name_wildcard",
    ),
    _case(
        "one open character",
        policy(allow(pinned("StringLike", sa("prod", "app-?")))),
        "named",
        "Exactly 36 service accounts can assume the role: "
        "prod/app-0, prod/app-1, prod/app-2, prod/app-3, prod/app-4 and 31 more.",
        "prod/app-a",
        "name_wildcard",
    ),
    _case(
        "missing colon",
        policy(allow(pinned("StringLike", f"{PREFIX}prod*app"))),
        "namespaces",
        _MANY.format("prod/app"),
        "prod/app",
        "missing_colon",
    ),
    _case(
        "prefix without namespace end",
        policy(allow(pinned("StringLike", f"{PREFIX}prod*"))),
        "namespaces",
        _MANY.format("prod/a"),
        "prod/a",
        "missing_colon",
    ),
    _case(
        "only excluded",
        policy(allow(pinned("StringNotLike", sa("dev", "*")))),
        "namespaces",
        _MANY.format("a/a"),
        "a/a",
        "open_by_negation",
    ),
    _case(
        "only not equal",
        policy(allow(pinned("StringNotEquals", APP))),
        "namespaces",
        _MANY.format("a/a"),
        "a/a",
        "open_by_negation",
    ),
    _case(
        "if exists on the key of another issuer",
        policy(allow(pinned("StringEqualsIfExists", APP, f"{OTHER_ISSUER}:sub"))),
        "everyone",
        _EVERYONE,
        "a/a",
        "open_by_if_exists",
        "no_subject_condition",
    ),
    _case(
        "all values of an absent key",
        policy(allow(pinned("ForAllValues:StringEquals", APP, f"{OTHER_ISSUER}:sub"))),
        "everyone",
        _EVERYONE,
        "a/a",
        "open_by_for_all_values",
        "no_subject_condition",
    ),
    _case(
        "another issuer's key, negated",
        policy(allow(pinned("StringNotLike", "x", f"{OTHER_ISSUER}:sub"))),
        "everyone",
        _EVERYONE,
        "a/a",
        "open_by_absent_key",
        "no_subject_condition",
    ),
    _case(
        "audience not pinned", policy(allow({"StringEquals": {SUB: APP}})), "named", _NAMED, "", "audience_not_pinned"
    ),
    _case(
        "audience by wildcard",
        policy(allow({"StringEquals": {SUB: APP}, "StringLike": {AUD: "*"}})),
        "named",
        _NAMED,
        "",
        "audience_not_pinned",
    ),
    _case(
        "default account",
        policy(allow(pinned("StringEquals", sa("prod", "default")))),
        "named",
        "Exactly 1 service account can assume the role: prod/default.",
        "",
        "default_account",
    ),
    _case(
        "all of sts", policy(allow(pinned("StringEquals", APP), Action="sts:*")), "named", _NAMED, "", "broad_action"
    ),
    _case(
        "not action",
        policy(
            {
                **{k: v for k, v in allow(pinned("StringEquals", APP)).items() if k != "Action"},
                "NotAction": "sts:TagSession",
            }
        ),
        "named",
        _NAMED,
        "",
        "not_action",
    ),
    _case(
        "others in the same statement",
        policy(allow(pinned("StringEquals", APP), Principal={"Federated": PROVIDER, "AWS": f"{ACCOUNT}:root"})),
        "named",
        _NAMED,
        "",
        "other_principals",
    ),
    _case(
        "one deny leaves a hole",
        policy(allow(), deny({"StringLike": {SUB: sa("kube-system", "*")}})),
        "namespaces",
        _MANY.format("a/a"),
        "a/a",
        "no_subject_condition",
        "audience_not_pinned",
    ),
    # dead
    _case(
        "wildcard in Equals",
        policy(allow(pinned("StringEquals", sa("prod", "*")))),
        "nobody",
        _NOBODY,
        "",
        "wildcard_in_equals",
    ),
    _case("upper case", policy(allow(pinned("StringEquals", sa("Prod", "app")))), "nobody", _NOBODY, "", "upper_case"),
    _case(
        "namespace too long",
        policy(allow(pinned("StringEquals", sa("n" * 64, "app")))),
        "nobody",
        _NOBODY,
        "",
        "too_long",
    ),
    _case(
        "name too long",
        policy(allow(pinned("StringLike", sa("prod", "n" * 254 + "*")))),
        "nobody",
        _NOBODY,
        "",
        "too_long",
    ),
    _case(
        "not a subject",
        policy(allow(pinned("StringEquals", "serviceaccount:prod:app"))),
        "nobody",
        _NOBODY,
        "",
        "not_a_subject",
    ),
    _case(
        "underscore",
        policy(allow(pinned("StringEquals", sa("prod", "my_app")))),
        "nobody",
        _NOBODY,
        "",
        "not_a_subject",
    ),
    _case(
        "contradiction",
        policy(allow({"StringEquals": {AUD: AUDIENCE, SUB: APP}, "StringLike": {SUB: sa("dev", "*")}})),
        "nobody",
        _NOBODY,
        "",
        "contradiction",
        "whole_namespace",
    ),
    _case(
        "another issuer's key",
        policy(allow(pinned("StringEquals", APP, f"{OTHER_ISSUER}:sub"))),
        "nobody",
        _NOBODY,
        "",
        "other_issuer_key",
    ),
    _case(
        "absent claim",
        policy(allow({"StringEquals": {AUD: AUDIENCE, SUB: APP, f"{ISSUER}:azp": "x"}})),
        "nobody",
        _NOBODY,
        "",
        "absent_claim",
    ),
    _case(
        "key with https",
        policy(allow(pinned("StringEquals", APP, f"https://{SUB}"))),
        "nobody",
        _NOBODY,
        "",
        "other_issuer_key",
    ),
    _case(
        "another audience",
        policy(allow({"StringEquals": {AUD: "vault", SUB: APP}})),
        "nobody",
        _NOBODY,
        "",
        "audience_mismatch",
    ),
    _case(
        "emptied by a deny",
        policy(allow(pinned("StringEquals", APP)), deny({"StringLike": {SUB: "*"}})),
        "nobody",
        _NOBODY,
        "",
        "emptied_by_deny",
    ),
    _case(
        "null condition that never holds",
        policy(allow({**pinned("StringEquals", APP), "Null": {SUB: "true"}})),
        "nobody",
        _NOBODY,
        "",
        "contradiction",
    ),
    _case(
        "variable in version 2008",
        policy(allow(pinned("StringLike", sa("prod", "${aws:username}"))), version="2008-10-17"),
        "nobody",
        _NOBODY,
        "",
        "variable_in_version_2008",
        "not_a_subject",
    ),
    _case("empty list", policy(allow(pinned("StringEquals", []))), "nobody", _NOBODY, "", "contradiction"),
    # not certain
    _case(
        "from an address only",
        policy(allow({**pinned("StringEquals", APP), "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})),
        "named",
        f"Exactly 1 service account {_DOUBT.format('IpAddress on aws:SourceIp')}: prod/app.",
        "",
        "depends_on_request",
    ),
    _case(
        "everyone as principal",
        policy(allow(pinned("StringEquals", APP), Principal="*")),
        "named",
        f"Exactly 1 service account {_DOUBT.format('Principal')}: prod/app.",
        "",
        "everyone_principal",
    ),
    _case(
        "a deny for everyone",
        policy(allow(pinned("StringEquals", APP)), deny({"StringLike": {SUB: "*"}}, Principal={"AWS": "*"})),
        "named",
        f"Exactly 1 service account {_DOUBT.format('Principal')}: prod/app.",
        "",
        "deny_not_certain",
    ),
    _case(
        "policy variable",
        policy(allow(pinned("StringEquals", sa("prod", "${aws:username}")))),
        "namespace",
        f"Every service account in the namespace prod {_DOUBT.format(f'StringEquals on {SUB}')}, for example prod/a.",
        "prod/a",
        "policy_variable",
    ),
    _case(
        "unknown operator",
        policy(allow({**pinned("StringEquals", APP), "StringAlmostEquals": {SUB: "x"}})),
        "named",
        f"Exactly 1 service account {_DOUBT.format(f'StringAlmostEquals on {SUB}')}: prod/app.",
        "",
        "unknown_operator",
    ),
    _case(
        "arn operator on a subject",
        policy(allow(pinned("ArnLike", APP))),
        "named",
        f"Exactly 1 service account {_DOUBT.format(f'ArnLike on {SUB}')}: prod/app.",
        "",
        "undocumented_operator",
    ),
    _case(
        "too complex",
        policy(allow(pinned("StringLike", f"*a{'?' * 40}*"))),
        "undecided",
        "Who can assume the role through is too complex to decide exactly: it has to be taken for everyone.",
        f"{'a' * 60}/{'a' * 60}",
        "too_complex",
        "subject_wildcard",
    ),
]
