from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.checks.judging import findings, statuses
from tests.samples import (
    ACCOUNT,
    CLUSTER,
    DENIED,
    ISSUER,
    PROVIDER,
    changed,
    cluster,
    collection,
    provider,
    providers,
    role,
    roles,
    sound_sections,
    statement,
)

from eksaminer.assess import judge
from eksaminer.criteria import Criteria
from eksaminer.evidence.account import AccountRegions, ClusterList
from eksaminer.evidence.cluster import Cluster
from eksaminer.evidence.model import Evidence
from eksaminer.gap import Cause, Gap
from eksaminer_checks.audit_cloudtrail_logs.provider_of_living_cluster import provider_of_living_cluster

BASE = "arn:aws:iam::111122223333:oidc-provider"
RETIRED = f"{BASE}/oidc.eks.eu-central-1.amazonaws.com/id/DEF"


def test_passes_for_the_issuer_of_a_cluster() -> None:
    (finding,) = findings(provider_of_living_cluster)

    assert finding.status == "pass"
    assert finding.text == "The issuer is that of the cluster demo in eu-central-1."


def test_an_issuer_that_no_cluster_has_is_orphaned() -> None:
    found = findings(provider_of_living_cluster, providers(provider(), provider(RETIRED)))

    assert [item.status.value for item in found] == ["pass", "review"]
    assert "the cluster was deleted, or belongs to another account" in found[1].text
    assert found[1].severity == "low"


def test_a_dual_stack_issuer_tells_its_region_too() -> None:
    dual = f"{BASE}/oidc-eks.eu-central-1.api.aws/id/DEF"

    assert statuses(provider_of_living_cluster, roles(), providers(provider(dual))) == ["review"]


def test_names_the_roles_that_trust_the_provider() -> None:
    trusting = roles(*(role(statement(), name=f"app-{number:02}") for number in range(12)))
    others = changed(cluster(), issuer="oidc.eks.eu-central-1.amazonaws.com/id/DEF")

    (finding,) = findings(provider_of_living_cluster, trusting, others)

    assert finding.text.endswith("app-08, app-09 and 2 more.")


def with_clusters(
    names: tuple[str, ...], selected: tuple[str, ...], enabled: object = ("eu-central-1",)
) -> Mapping[str, str]:
    """Judge an account whose region lists *names*, of which *selected* were read; return status by provider."""
    sections = sound_sections()
    region = CLUSTER.at(ClusterList.scope)
    regions, *rest = sections[ACCOUNT]
    assert isinstance(regions, AccountRegions)
    both = providers(provider(), provider(RETIRED))
    sections[ACCOUNT] = (changed(regions, enabled=enabled), *rest, both)
    sections[region] = (ClusterList(names=names, selected=selected, sources=("s0",)), *sections[region][1:])
    found = judge(collection(sections), [provider_of_living_cluster], Criteria())
    return {item.resource.id: item.status.value for item in found}


def test_clusters_that_were_not_selected_do_not_look_deleted() -> None:
    assert with_clusters(("demo", "other"), ("demo",)) == {PROVIDER: "pass", RETIRED: "not_assessed"}
    assert with_clusters(("demo",), ("demo",)) == {PROVIDER: "pass", RETIRED: "review"}


def test_a_region_that_was_not_read_does_not_bear_on_an_issuer_of_another() -> None:
    assert with_clusters(("demo",), ("demo",), ("eu-central-1", "us-east-1"))[RETIRED] == "review"


def test_unknown_regions_leave_it_open() -> None:
    assert with_clusters(("demo",), ("demo",), DENIED) == {PROVIDER: "pass", RETIRED: "not_assessed"}


def test_a_cluster_that_could_not_be_described_leaves_it_open_with_its_permission() -> None:
    denied = Gap(cause=Cause.DENIED, detail="Denied.", permission="eks:DescribeCluster")

    (finding,) = findings(provider_of_living_cluster, gaps={Cluster: denied})

    assert finding.status == "not_assessed"
    assert finding.cause is not None
    assert finding.cause.permission == "eks:DescribeCluster"


HOSTS = [
    pytest.param("my-bucket.s3.eu-central-1.amazonaws.com", "fail", "high", id="bucket, by its name in the host"),
    pytest.param("s3-eu-west-1.amazonaws.com/my-bucket", "fail", "high", id="bucket, by path"),
    pytest.param("s3.amazonaws.com/my-bucket", "fail", "high", id="bucket of the first region"),
    pytest.param("my-bucket.s3-website.eu-central-1.amazonaws.com", "fail", "high", id="website of a bucket"),
    pytest.param("d111111abcdef8.cloudfront.net", "fail", "high", id="CloudFront"),
    pytest.param("example.github.io/oidc", "fail", "high", id="pages"),
    pytest.param("oidc.example.com", "review", "low", id="a domain of its own"),
    pytest.param("abc.execute-api.eu-central-1.amazonaws.com", "review", "low", id="no bucket"),
    pytest.param("token.actions.githubusercontent.com", "not_applicable", "low", id="a public service"),
]


@pytest.mark.parametrize(("host", "status", "severity"), HOSTS)
def test_an_issuer_whose_name_anybody_can_get_fails(host: str, status: str, severity: str) -> None:
    (finding,) = findings(provider_of_living_cluster, roles(), providers(provider(f"{BASE}/{host}")))

    assert (finding.status, finding.severity) == (status, severity)


def test_a_provider_that_the_account_lacks_is_reviewed() -> None:
    missing = statement(Principal={"Federated": RETIRED})

    found = findings(provider_of_living_cluster, roles(role(missing)))

    assert [(item.resource.id, item.status.value) for item in found] == [(PROVIDER, "pass"), (RETIRED, "review")]
    assert "no such identity provider" in found[1].text


def test_a_provider_of_another_account_is_named_as_such() -> None:
    foreign = f"arn:aws:iam::444455556666:oidc-provider/{ISSUER}"

    found = findings(provider_of_living_cluster, roles(role(statement(Principal={"Federated": foreign}))))

    assert "belongs to the account 444455556666" in found[1].text


def test_an_account_without_providers_has_nothing_to_judge() -> None:
    empty = changed(providers(), providers=())

    assert statuses(provider_of_living_cluster, empty, roles()) == ["not_applicable"]


def test_evidence_of_an_account_without_clusters_is_enough() -> None:
    sections = sound_sections()
    del sections[CLUSTER]
    region = CLUSTER.at(ClusterList.scope)
    sections[region] = (ClusterList(names=(), selected=(), sources=("s0",)), *sections[region][1:])
    evidence = collection(sections)

    (finding,) = judge(evidence, [provider_of_living_cluster], Criteria())

    assert isinstance(evidence.evidence[ACCOUNT], Evidence)
    assert finding.status == "review"
