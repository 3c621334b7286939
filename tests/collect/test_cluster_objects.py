"""Which way leads to the objects of a cluster."""

import base64
import json
from pathlib import Path

import pytest

from eksaminer.collect.cluster_objects import own_issuer
from eksaminer.collect.errors import SelectionError
from eksaminer.demo.account import clean_account, demo_account, with_changed_cluster
from eksaminer.demo.emulator import Emulator
from eksaminer.errors import InputError, UsageError
from eksaminer.evidence.kubernetes import KubernetesObjects
from eksaminer.gap import Gap

from .collecting import NOW, cluster, collected, section

DUMP = Path(__file__).parent / "kubernetes_data" / "dump"


def test_no_kubernetes_is_what_the_user_asked_for(emulator: Emulator) -> None:
    found = section(collected(kubernetes="off"), cluster("prod-good"), KubernetesObjects)

    assert isinstance(found, Gap)
    assert found.cause == "not_requested"


def test_a_dump_is_read_even_where_the_api_is_not(emulator: Emulator) -> None:
    collection = collected(kubernetes="off", kubernetes_dumps=(str(DUMP),))

    found = section(collection, cluster("prod-good"), KubernetesObjects)
    assert isinstance(found, KubernetesObjects)
    evidence = collection.evidence[cluster("prod-good")]
    assert set(found.sources) <= {source.id for source in evidence.sources}


def test_a_dump_of_one_of_two_clusters_says_whose_it_is(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))

    collection = collected(kubernetes_dumps=(f"prod-attacked={DUMP}",))

    assert isinstance(section(collection, cluster("prod-attacked", "us-east-1"), KubernetesObjects), KubernetesObjects)
    assert isinstance(section(collection, cluster("prod-good"), KubernetesObjects), Gap)


def test_a_dump_that_does_not_say_of_which_cluster_it_is_is_refused_before_clusters_are_read(
    emulator: Emulator,
) -> None:
    emulator.load(demo_account(NOW))

    with pytest.raises(SelectionError, match="does not say of which cluster it is"):
        collected(kubernetes_dumps=(str(DUMP),))

    assert "eks:DescribeCluster" not in emulator.actions


def test_a_folder_without_objects_ends_the_run(emulator: Emulator, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no Kubernetes objects"):
        collected(kubernetes_dumps=(str(tmp_path),))


def test_two_dumps_of_one_cluster_are_a_usage_error(emulator: Emulator, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Several Kubernetes dumps"):
        collected(kubernetes_dumps=(str(DUMP), str(tmp_path)))


def test_an_api_server_that_cannot_be_reached_is_a_gap(emulator: Emulator) -> None:
    emulator.load(with_changed_cluster(clean_account(NOW), "prod-good", endpoint="https://127.0.0.1:9"))

    found = section(collected(kubernetes="auto"), cluster("prod-good"), KubernetesObjects)

    assert isinstance(found, Gap)
    assert found.cause == "unreachable"


def test_a_cluster_that_may_not_be_described_is_not_asked(emulator: Emulator) -> None:
    emulator.deny("eks:DescribeCluster")

    found = section(collected(kubernetes="auto"), cluster("prod-good"), KubernetesObjects)

    assert isinstance(found, Gap)
    assert (found.cause, found.permission) == ("denied", "eks:DescribeCluster")


def test_a_context_that_talks_to_another_server_ends_the_run(emulator: Emulator, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        json.dumps(
            {
                "current-context": "prod-good",
                "contexts": [{"name": "prod-good", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": "https://elsewhere.example"}}],
                "users": [{"name": "u", "user": {"token": "t"}}],
            }
        )
    )

    with pytest.raises(UsageError, match=r'The context "prod-good" talks to https://elsewhere\.example'):
        collected(kubernetes="auto", kubeconfig=str(config), contexts=("prod-good",))


def jwt(claims: object) -> str:
    return "head." + base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=") + ".signature"


ISSUER = "oidc.eks.eu-west-1.amazonaws.com/id/A"
TOKENS = [
    pytest.param(jwt({"iss": f"https://{ISSUER}"}), ISSUER, id="a pod"),
    pytest.param(jwt({}), "", id="no issuer"),
    pytest.param(jwt([]), "", id="no claims"),
    pytest.param("nonsense", "", id="no token"),
    pytest.param("a.%%%.c", "", id="not base64"),
]  # fmt: skip


@pytest.mark.parametrize(("token", "issuer"), TOKENS)
def test_the_token_of_a_pod_tells_its_cluster(token: str, issuer: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(token)

    assert own_issuer(tmp_path / "token") == issuer


def test_outside_a_pod_there_is_no_issuer(tmp_path: Path) -> None:
    assert own_issuer(tmp_path / "token") == ""
