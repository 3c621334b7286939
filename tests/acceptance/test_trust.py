"""Roles, providers, clusters and service accounts of an account, from the emulator to the verdicts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from eksaminer.assess import judge
from eksaminer.collect.clock import FixedClock
from eksaminer.collect.request import CollectRequest
from eksaminer.collect.run import collect
from eksaminer.criteria import Criteria
from eksaminer.demo.account import (
    ACCOUNT_ID,
    Account,
    PodIdentity,
    Provider,
    Role,
    clean_account,
    demo_account,
    issuer,
    role_arn,
    with_changed_cluster,
)
from eksaminer.demo.emulator import Emulator, pointed_at
from eksaminer.demo.policies import ADMINISTRATOR
from eksaminer.findings import Finding
from eksaminer.registry import Loaded

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def judged(loaded: Loaded, **request: object) -> dict[str, list[Finding]]:
    given: dict[str, Any] = {"kubernetes": "off", "live_logs": False, "attempts": 2, **request}
    asked = CollectRequest(**given)
    evidence = collect(asked, (), clock=FixedClock(NOW))
    checks = [check for check in loaded.checks if check.id.startswith("IRSA-")]
    found: dict[str, list[Finding]] = {}
    for finding in judge(evidence, checks, Criteria()):
        found.setdefault(finding.check, []).append(finding)
    return found


def bad(findings: list[Finding]) -> dict[str, tuple[str, str]]:
    """Return status and severity of what is no pass, by the name of the resource."""
    return {
        item.resource.id.rpartition("/")[2]: (item.status.value, item.severity.value)
        for item in findings
        if item.status.value in ("fail", "review")
    }


def test_the_roles_of_the_demonstration_are_told_apart(emulator: Emulator, loaded: Loaded) -> None:
    emulator.load(demo_account(NOW), NOW)

    found = judged(loaded)

    assert bad(found["IRSA-01"]) == {
        "prod-attacked-ci": ("fail", "critical"),
        "prod-attacked-reports": ("fail", "high"),
        "team-neglected-fluent-bit": ("review", "medium"),
    }
    assert not bad(found["IRSA-02"])
    assert not bad(found["IRSA-03"])
    assert list(bad(found["IRSA-04"]).values()) == [("review", "low")]
    assert "retired-batch" in next(item.text for item in found["IRSA-04"] if item.status == "review")
    assert {item.status.value for item in found["IRSA-05"]} == {"not_assessed"}
    assert set(bad(found["IRSA-06"])) == {"prod-attacked-ci", "team-neglected-fluent-bit"}
    assert bad(found["IRSA-07"]) == {"prod-attacked-storefront": ("review", "medium")}


def test_one_selected_cluster_does_not_make_the_others_look_deleted(emulator: Emulator, loaded: Loaded) -> None:
    emulator.load(demo_account(NOW), NOW)

    found = judged(loaded, clusters=("us-east-1/prod-attacked",))

    by_status = {item.status.value for item in found["IRSA-04"]}
    assert by_status == {"pass", "not_assessed"}
    assert {item.cause.cause.value for item in found["IRSA-04"] if item.cause} == {"not_selected"}


def test_one_selected_region_does_not_make_clusters_of_others_look_deleted(emulator: Emulator, loaded: Loaded) -> None:
    emulator.load(demo_account(NOW), NOW)

    found = judged(loaded, regions=("us-east-1",))

    assert {item.status.value for item in found["IRSA-04"]} == {"pass", "not_assessed"}


# Each check, with subjects that pass and subjects that do not --------------------------------------------------

HOME, CREATED = "eu-central-1", NOW - timedelta(days=300)
OWN = issuer(ACCOUNT_ID, HOME, "prod-good")
GONE = issuer(ACCOUNT_ID, HOME, "retired")
NEVER = issuer(ACCOUNT_ID, HOME, "never-made")
BUCKET, HOSTED, GITHUB = "tokens.s3.eu-central-1.amazonaws.com", "id.example.com", "token.actions.githubusercontent.com"
ELSEWHERE = "arn:aws:iam::999988887777:oidc-provider/" + OWN
SA = "system:serviceaccount"
PINNED = {"StringEquals": {f"{OWN}:aud": "sts.amazonaws.com"}}
NAMESPACE_TAG = "aws:RequestTag/kubernetes-namespace"
Json = Mapping[str, Any]


def statement(condition: Json, provider: str = OWN, **more: Any) -> dict[str, Any]:
    arn = provider if provider.startswith("arn:") else f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{provider}"
    usual = {"Effect": "Allow", "Principal": {"Federated": arn}, "Action": "sts:AssumeRoleWithWebIdentity"}
    return {**usual, "Condition": condition, **more}


def subject(value: object, operator: str = "StringEquals", *, provider: str = OWN, **more: Any) -> dict[str, Any]:
    condition: dict[str, dict[str, Any]] = {"StringEquals": {f"{provider}:aud": "sts.amazonaws.com"}}
    condition.setdefault(operator, {})[f"{provider}:sub"] = value
    return statement(condition, provider, **more)


def pods(*actions: str, **condition: Any) -> dict[str, Any]:
    allowed = {"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": list(actions)}
    return {**allowed, "Condition": condition} if condition else allowed


BOTH = ("sts:AssumeRole", "sts:TagSession")
TRUST: Mapping[str, tuple[Json, ...]] = {
    "exact": (subject(f"{SA}:shop:app"),),
    "admin-for-everyone": (statement(PINNED),),
    "everyone": (statement(PINNED),),
    "across": (subject(f"{SA}:*:app", "StringLike"),),
    "namespace": (subject(f"{SA}:shop:*", "StringLike"),),
    "from-somewhere": (statement({**PINNED, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),),
    "any-action": (subject(f"{SA}:shop:app", Action="sts:*"),),
    "two-clusters": (subject(f"{SA}:shop:app"), subject(f"{SA}:shop:app", provider=GONE)),
    "any-audience": (statement({"StringEquals": {f"{OWN}:sub": f"{SA}:shop:app"}}),),
    "literal-asterisk": (subject(f"{SA}:shop:*"),),
    "upper-case": (subject(f"{SA}:Shop:app"),),
    "too-long": (subject(f"{SA}:{'s' * 64}:app"),),
    "contradiction": (
        statement({"StringEquals": {f"{OWN}:sub": f"{SA}:shop:app"}, "StringLike": {f"{OWN}:sub": f"{SA}:web:*"}}),
    ),
    "of-another-issuer": (
        statement({"StringEquals": {f"{OWN}:aud": "sts.amazonaws.com", f"{GONE}:sub": f"{SA}:a:b"}}),
    ),
    "of-a-deleted-provider": (subject(f"{SA}:shop:app", provider=NEVER),),
    "of-another-account": (statement({"StringEquals": {f"{OWN}:sub": f"{SA}:shop:app"}}, ELSEWHERE),),
    "default": (subject(f"{SA}:shop:default"),),
    "ci": (subject("repo:example/shop:*", "StringLike", provider=GITHUB),),
    "ci-open": (subject("repo:*", "StringLike", provider=GITHUB),),
    "pods-scoped": (pods(*BOTH, StringEquals={NAMESPACE_TAG: "web"}),),
    "pods-unscoped": (pods(*BOTH),),
    "pods-without-tags": (pods("sts:AssumeRole"),),
}


def association(namespace: str, role: str, *, session_tags: bool = True) -> PodIdentity:
    return PodIdentity(
        namespace=namespace, service_account=role, role=role_arn(ACCOUNT_ID, role), created=CREATED,
        session_tags=session_tags,
    )  # fmt: skip


ASSOCIATIONS = (
    association("web", "pods-scoped"),
    association("shop", "pods-scoped"),
    association("api", "pods-unscoped"),
    association("web", "pods-without-tags"),
    association("web", "nobody"),
    association("web", "exact"),
)


def planted() -> Account:
    roles = tuple(
        Role(
            name=name,
            trust={"Version": "2012-10-17", "Statement": list(statements)},
            created=CREATED,
            policies=(ADMINISTRATOR,) if name.startswith("admin") else (),
        )
        for name, statements in TRUST.items()
    )
    clean = clean_account(NOW)
    providers = tuple(Provider(issuer=name, created=CREATED) for name in (GONE, BUCKET, HOSTED, GITHUB))
    account = replace(clean, roles=(*clean.roles, *roles), providers=(*clean.providers, *providers))
    return with_changed_cluster(account, "prod-good", pod_identities=ASSOCIATIONS)


def account(namespace: str, name: str, role: str = "") -> Json:
    annotations = {"eks.amazonaws.com/role-arn": role} if role else {}
    return {"metadata": {"namespace": namespace, "name": name, "annotations": annotations}}


ACCOUNTS = (
    account("shop", "app", role_arn(ACCOUNT_ID, "exact")),
    account("shop", "refused", role_arn(ACCOUNT_ID, "exact")),
    account("shop", "lost", role_arn(ACCOUNT_ID, "nobody")),
    account("shop", "away", "arn:aws:iam::999988887777:role/theirs"),
    account("shop", "typo", "exact"),
    account("shop", "default"),
    account("kube-system", "default"),
)


@pytest.fixture(scope="module")
def found(running: Emulator, loaded: Loaded, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Finding]]:
    folder = tmp_path_factory.mktemp("objects")
    listed = {"apiVersion": "v1", "kind": "ServiceAccountList", "items": ACCOUNTS}
    (folder / "serviceaccounts.json").write_text(json.dumps(listed))
    running.reset()
    running.load(planted(), NOW)
    with pointed_at(running.url):
        return judged(loaded, kubernetes="auto", kubernetes_dumps=(f"prod-good={folder}",))


def told(findings: list[Finding], name: str) -> list[tuple[str, str, str]]:
    """Return status, severity and text of what is said about the resource *name*."""
    return sorted(
        (item.status.value, item.severity.value, item.message.id.partition(".")[2])
        for item in findings
        if item.resource.id.endswith(f"/{name}") and f"::999988887777:oidc-provider/{name}" not in item.resource.id
    )


PASS_1, DEAD = ("pass", "high", "exact"), ("not_applicable", "high", "nobody")
TABLE = [
    ("IRSA-01", "exact", [PASS_1]),
    ("IRSA-01", "admin-for-everyone", [("fail", "critical", "everyone_privileged")]),
    ("IRSA-01", "everyone", [("fail", "high", "everyone")]),
    ("IRSA-01", "across", [("fail", "high", "across")]),
    ("IRSA-01", "namespace", [("review", "medium", "namespace")]),
    ("IRSA-01", "from-somewhere", [("review", "high", "depends")]),
    ("IRSA-01", "any-action", [PASS_1, ("review", "low", "besides")]),
    ("IRSA-01", "two-clusters", [PASS_1, PASS_1, ("review", "low", "besides")]),
    ("IRSA-01", "upper-case", [DEAD]),
    ("IRSA-01", "ci", [("pass", "high", "outside_bounded")]),
    ("IRSA-01", "ci-open", [("fail", "high", "outside_open")]),
    ("IRSA-02", "exact", [("pass", "low", "pinned")]),
    ("IRSA-02", "any-audience", [("review", "low", "open")]),
    ("IRSA-03", "exact", [("pass", "low", "satisfiable")]),
    ("IRSA-03", "from-somewhere", [("pass", "low", "perhaps")]),
    ("IRSA-03", "literal-asterisk", [("review", "low", "dead")]),
    ("IRSA-03", "upper-case", [("review", "low", "dead")]),
    ("IRSA-03", "too-long", [("review", "low", "dead")]),
    ("IRSA-03", "contradiction", [("review", "low", "dead")]),
    ("IRSA-03", "of-another-issuer", [("review", "low", "dead")]),
    ("IRSA-04", OWN, [("pass", "low", "living")]),
    ("IRSA-04", GONE, [("review", "low", "orphaned")]),
    ("IRSA-04", NEVER, [("review", "low", "missing")]),
    ("IRSA-04", HOSTED, [("review", "low", "self_hosted")]),
    ("IRSA-04", BUCKET, [("fail", "high", "take_over")]),
    ("IRSA-04", GITHUB, [("not_applicable", "low", "shared")]),
    ("IRSA-05", "app", [("pass", "low", "agrees")]),
    ("IRSA-05", "refused", [("review", "low", "refused")]),
    ("IRSA-05", "lost", [("review", "low", "no_role")]),
    ("IRSA-05", "away", [("review", "low", "other_account")]),
    ("IRSA-05", "typo", [("review", "low", "malformed")]),
    ("IRSA-05", "any-audience", [("review", "low", "not_annotated")]),
    ("IRSA-05", "prod-good-fluent-bit", [("review", "low", "missing")]),
    ("IRSA-06", "exact", [("pass", "medium", "none")]),
    ("IRSA-06", "default", [("fail", "medium", "named")]),
    ("IRSA-06", "namespace", [("review", "medium", "wildcard")]),
    ("IRSA-07", "pods-scoped", [("pass", "medium", "scoped")]),
    ("IRSA-07", "pods-unscoped", [("review", "medium", "unscoped")]),
    ("IRSA-07", "pods-without-tags", [("review", "medium", "lacks_action")]),
]


@pytest.mark.parametrize(
    ("check", "name", "expected"), [pytest.param(*row, id=f"{row[0]} {row[1].partition('.')[0]}") for row in TABLE]
)
def test_each_check_has_subjects_that_pass_and_subjects_that_do_not(
    check: str, name: str, expected: list[tuple[str, str, str]], found: dict[str, list[Finding]]
) -> None:
    assert told(found[check], name) == sorted(expected)


def test_a_provider_of_another_account_is_told_from_one_that_is_missing(found: dict[str, list[Finding]]) -> None:
    (finding,) = [item for item in found["IRSA-04"] if item.resource.id == ELSEWHERE]

    assert (finding.status.value, finding.message.id) == ("review", "IRSA-04.other_account")


def test_associations_and_roles_are_held_against_each_other(found: dict[str, list[Finding]]) -> None:
    said = Counter(
        item.message.id.partition(".")[2] for item in found["IRSA-07"] if ":podidentityassociation/" in item.resource.id
    )

    assert said == {"agrees": 2, "refused": 2, "no_role": 1, "not_trusting": 1}
