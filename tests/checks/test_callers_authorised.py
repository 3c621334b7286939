"""CT-06: every service account seen calling AWS was expressly authorised."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.checks.judging import findings
from tests.samples import (
    CLUSTER,
    NOW,
    WINDOW,
    association,
    associations,
    changed,
    cluster,
    objects,
    role,
    role_arn,
    roles,
    service_account,
    sound_roles,
    statement,
    taken,
    workload_calls,
)

from eksaminer.criteria import Criteria
from eksaminer.evidence.account import AccountRegions, ClusterList
from eksaminer.evidence.cluster import Cluster
from eksaminer.evidence.iam import IamRoles, PodIdentityAssociations
from eksaminer.evidence.kubernetes import KubernetesObjects
from eksaminer.evidence.model import Section
from eksaminer.evidence.workloads import CalledApi, NamelessCalls, PodRequests, RegionRead, TakenRole
from eksaminer.findings import Finding
from eksaminer.gap import Cause, Gap
from eksaminer.registry import load_checks

CHECK = next(check for check in load_checks().checks if check.id == "CT-06")
ISSUER = "oidc.eks.eu-central-1.amazonaws.com/id/"
ARN = "arn:aws:iam::111122223333:oidc-provider/"
STRANGER = f"{ARN}{ISSUER}FEDCBA"
GAP = Gap(cause=Cause.DENIED, detail="It could not be seen.", permission="x:Y")
BOTH = objects(service_account("shop", "app", "app"), service_account("shop", "other", "app"))


def pods(**fields: object) -> TakenRole:
    usual = {
        "way": "pods",
        "provider": "",
        "audience": "",
        "cluster": CLUSTER.resource.id,
        "subject": "system:serviceaccount:web:shop",
        "role": role_arn("pods"),
    }
    return taken(**{**usual, **fields})


def judged(*sections: Section, **options: Any) -> list[Finding]:
    return list(findings(CHECK, *sections, **options))


def told(*sections: Section, **options: Any) -> list[tuple[str, str, str]]:
    """Return status, severity and text id of each finding."""
    return [
        (item.status.value, item.severity.value, item.message.id.removeprefix("CT-06."))
        for item in judged(*sections, **options)
    ]


WILD = roles(role(statement("system:serviceaccount:shop:*", "StringLike")))
OTHER = "system:serviceaccount:shop:other"
CASES = [
    pytest.param([], [("pass", "high", "named")], id="named in the trust policy, annotated and existing"),
    pytest.param(
        [WILD, workload_calls(taken(subject=OTHER)), BOTH], [("review", "medium", "wildcard")], id="through a wildcard"
    ),
    pytest.param(
        [roles(role(statement(None))), workload_calls(taken(subject=OTHER)), BOTH],
        [("review", "medium", "wildcard")],
        id="for want of a condition",
    ),
    pytest.param(
        [workload_calls(taken(subject=OTHER)), BOTH],
        [("review", "medium", "no_longer_admitted")],
        id="not admitted today",
    ),
    pytest.param(
        [workload_calls(taken()), objects(service_account("shop", "app"))],
        [("pass", "high", "named"), ("review", "medium", "not_annotated")],
        id="not annotated",
    ),
    pytest.param(
        [workload_calls(taken()), objects(service_account("shop", "app", "another"))],
        [("pass", "high", "named"), ("review", "medium", "not_annotated")],
        id="annotated with another role",
    ),
    pytest.param(
        [workload_calls(taken()), objects(service_account("web", "app", "app"))],
        [("pass", "high", "named"), ("review", "high", "gone")],
        id="no longer existing; the same name in another namespace is another account",
    ),
    pytest.param(
        [roles(), workload_calls(taken())], [("review", "medium", "no_role")], id="the role is gone",
    ),
    pytest.param(
        [workload_calls(taken(role=role_arn("Admin")))],
        [("review", "medium", "no_longer_admitted"), ("review", "medium", "not_annotated")],
        id="the role trusts no web identity any more",
    ),
    pytest.param(
        [roles(role(trust_policy="{")), workload_calls(taken())],
        [("review", "medium", "unreadable")],
        id="a trust policy that cannot be read",
    ),
    pytest.param(
        [workload_calls(taken(granted=0, refused=2, errors=("AccessDenied",)))],
        [("review", "medium", "refused")],
        id="refused attempts alone",
    ),
    pytest.param(
        [workload_calls(taken(refused=2, errors=("ExpiredTokenException",)))],
        [("pass", "high", "named"), ("review", "medium", "refused")],
        id="refused attempts beside granted ones",
    ),
    pytest.param(
        [workload_calls(taken(provider=STRANGER))], [("fail", "high", "unknown_issuer")], id="an unknown issuer"
    ),
    pytest.param(
        [workload_calls(taken(provider=f"{ARN}example-oidc.s3.amazonaws.com"))],
        [("fail", "high", "unknown_issuer")],
        id="an issuer that is no cluster of EKS",
    ),
    pytest.param(
        [workload_calls(taken(provider=f"{ARN}token.actions.githubusercontent.com", subject="repo:a/b:ref:main"))],
        [("not_applicable", "high", "outside")],
        id="a public service outside EKS",
    ),
    pytest.param(
        [workload_calls(taken(provider="", subject="", granted=0, refused=1, errors=("InvalidIdentityToken",)))],
        [("review", "medium", "unnamed")],
        id="a refused request that does not tell who asked",
    ),
    pytest.param(
        [workload_calls(pods()), objects(service_account("web", "shop"))],
        [("pass", "high", "associated")],
        id="Pod Identity with its association",
    ),
    pytest.param(
        [workload_calls(pods()), objects(service_account("web", "shop")), associations()],
        [("review", "medium", "no_association")],
        id="Pod Identity without an association",
    ),
    pytest.param(
        [workload_calls(pods(cluster=CLUSTER.resource.id.replace("demo", "gone")))],
        [("fail", "high", "unknown_cluster")],
        id="Pod Identity of a cluster that is not there",
    ),
    pytest.param([workload_calls()], [("not_applicable", "high", "nobody")], id="nobody took a role"),
]  # fmt: skip


@pytest.mark.parametrize(("sections", "expected"), CASES)
def test_says_of_each_service_account_whether_it_was_authorised(
    sections: list[Section], expected: list[tuple[str, str, str]]
) -> None:
    assert sorted(told(*sections)) == sorted(expected)


LISTS = [
    pytest.param(("shop/app",), ("pass", "high", "listed"), id="by name"),
    pytest.param(("demo/shop/*",), ("pass", "high", "listed"), id="by cluster and pattern"),
    pytest.param(("demo-2/shop/app", "web/app"), ("fail", "high", "unlisted"), id="others"),
    pytest.param((), ("fail", "high", "unlisted"), id="an empty list allows nobody"),
]


@pytest.mark.parametrize(("names", "expected"), LISTS)
def test_with_a_list_whoever_is_not_on_it_fails(names: tuple[str, ...], expected: tuple[str, str, str]) -> None:
    assert told(criteria=Criteria(allow={"CT-06": names})) == [expected]


def test_a_list_does_not_excuse_an_unknown_issuer() -> None:
    found = told(workload_calls(taken(provider=STRANGER)), criteria=Criteria(allow={"CT-06": ("shop/app",)}))

    assert found == [("fail", "high", "unknown_issuer")]


def test_an_issuer_is_unknown_only_where_all_clusters_were_seen() -> None:
    calls = workload_calls(taken(provider=STRANGER))
    partly = ClusterList(names=("demo", "hidden"), selected=("demo",))
    one_region = AccountRegions(enabled=("eu-central-1", "eu-west-1"), selected=("eu-central-1",))

    assert told(calls, partly)[0][0] == "not_assessed"
    assert told(calls, gaps={Cluster: GAP})[0][0] == "not_assessed"
    assert told(calls, one_region)[0][0] == "fail"


def test_what_the_cluster_does_not_tell_is_not_assessed_and_the_rest_is_judged() -> None:
    found = judged(gaps={KubernetesObjects: GAP})

    assert [(item.status, item.message.id) for item in found] == [
        ("not_assessed", "CT-06.not_assessed"),
        ("pass", "CT-06.named"),
    ]
    assert found[0].cause is not None
    assert found[0].cause.permission == "x:Y"


def test_without_roles_or_associations_authorisation_is_not_assessed() -> None:
    assert told(gaps={IamRoles: GAP})[0][0] == "not_assessed"
    found = told(workload_calls(pods()), objects(service_account("web", "shop")), gaps={PodIdentityAssociations: GAP})
    assert found[0][0] == "not_assessed"


def test_an_association_whose_role_is_not_known_decides_nothing() -> None:
    unknown = associations(association(settings=GAP))

    assert told(workload_calls(pods()), objects(service_account("web", "shop")), unknown)[0][0] == "not_assessed"


def test_pods_that_were_refused_are_told_of_their_cluster() -> None:
    asked = PodRequests(
        cluster="demo", region="eu-central-1", granted=1, refused=2, errors=("AccessDeniedException",),
        first=NOW, last=NOW,
    )  # fmt: skip

    (finding,) = judged(workload_calls(pods=(asked,)))

    assert (finding.status, finding.resource.id) == ("review", CLUSTER.resource.id)


def test_calls_without_a_name_say_why() -> None:
    gap = Gap(cause=Cause.NOT_OBSERVABLE, detail="The name stands in another event.")
    calls = NamelessCalls(role=role_arn("app"), calls=7, sessions=2, first=NOW - timedelta(hours=1), last=NOW, gap=gap)

    (finding,) = judged(workload_calls(nameless=(calls,)))

    assert finding.status == "not_assessed"
    assert "The name stands in another event." in finding.text


def test_regions_that_were_not_read_are_one_finding_for_each_cause() -> None:
    capped = Gap(cause=Cause.CAPPED, detail="Too many.")
    reads = [
        RegionRead(region=name, events=0, since=WINDOW.since, until=WINDOW.until, unread=gap)
        for name, gap in (("eu-central-1", None), ("eu-west-1", GAP), ("us-east-1", GAP), ("us-west-2", capped))
    ]

    found = judged(workload_calls(taken(), regions=tuple(reads)))

    assert [item.status.value for item in found] == ["not_assessed", "not_assessed", "pass"]
    assert ["eu-west-1", "us-east-1"] in [item.message.params.get("regions") for item in found]


def test_beside_the_verdict_stands_what_was_called_from_where_and_when() -> None:
    api = CalledApi(
        source="s3.amazonaws.com", name="GetObject", region="eu-central-1", role=role_arn("deploy"), count=1_234,
        refused=2, first=NOW - timedelta(hours=2), last=NOW, addresses=("10.0.4.27", "203.0.113.66"),
    )  # fmt: skip

    (finding,) = judged(workload_calls(taken(apis=(api,), more_apis=5), origin="files"))

    called = str(finding.evidence[0].seen["called"])
    assert "s3:GetObject in eu-central-1, 1,234 times (2 failed), as deploy" in called
    assert "203.0.113.66" in called
    assert "5 more" in called


def test_a_waiver_survives_the_next_count() -> None:
    (first,), (second,) = judged(), judged(workload_calls(taken(granted=9, last=NOW)))

    assert first.id == second.id


def test_names_of_two_clusters_are_two_service_accounts() -> None:
    other = changed(cluster(), issuer=f"{ISSUER}FEDCBA")

    assert told(other, workload_calls(taken()))[0] == ("fail", "high", "unknown_issuer")


def test_the_sample_is_sound() -> None:
    assert {status for status, _, _ in told(sound_roles())} == {"pass"}
