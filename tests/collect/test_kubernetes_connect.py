"""Ways to a cluster: tokens, and kubeconfig contexts by the address they talk to."""

import base64
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import yaml
from botocore.exceptions import NoCredentialsError

from eksaminer.collect.kubernetes_connect import (
    connect_kubeconfig,
    eks_token,
    match_contexts,
    read_kubeconfig,
    same_server,
)
from eksaminer.errors import UsageError
from eksaminer.evidence.model import Target

PROD = Target(account="111122223333", region="eu-west-1", cluster="prod")
PROD_2 = Target(account="111122223333", region="eu-west-1", cluster="prod-2")
ENDPOINTS = {PROD: "https://AAA.gr7.eu-west-1.eks.amazonaws.com", PROD_2: "https://BBB.sk1.eu-west-1.eks.amazonaws.com"}


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A boto3 session with credentials that AWS publishes as an example, and no configuration of the machine."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_STS_REGIONAL_ENDPOINTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    return boto3.Session(
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        aws_session_token="session-token",
    )


def decoded(token: str) -> tuple[str, dict[str, list[str]]]:
    text = token.removeprefix("k8s-aws-v1.")
    url = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    return url, parse_qs(urlsplit(url).query)


def test_a_token_is_a_presigned_question_who_is_asking(session: Any) -> None:
    token = eks_token(session, "eu-west-1", "prod")

    url, query = decoded(token)
    assert token.startswith("k8s-aws-v1.")
    assert "=" not in token
    assert url.startswith("https://sts.eu-west-1.amazonaws.com/?")
    assert query["Action"] == ["GetCallerIdentity"]
    assert query["X-Amz-Expires"] == ["60"]
    assert query["X-Amz-SignedHeaders"] == ["host;x-k8s-aws-id"]
    assert query["X-Amz-Security-Token"] == ["session-token"]
    assert query["X-Amz-Credential"][0].endswith("/eu-west-1/sts/aws4_request")
    assert len(query["X-Amz-Signature"][0]) == 64


def test_a_token_is_of_one_cluster(session: Any) -> None:
    tokens = {decoded(eks_token(session, "eu-west-1", name))[1]["X-Amz-Signature"][0] for name in ("a", "b")}

    assert len(tokens) == 2


def test_a_token_of_a_region_of_another_partition_is_signed_for_its_sts(session: Any) -> None:
    url, _ = decoded(eks_token(session, "cn-north-1", "prod"))

    assert url.startswith("https://sts.cn-north-1.amazonaws.com.cn/?")


def test_a_session_without_credentials_gives_no_token(
    session: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    bare = boto3.Session()

    with pytest.raises(NoCredentialsError):
        eks_token(bare, "eu-west-1", "prod")


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("https://AAA.gr7.eu-west-1.eks.amazonaws.com", id="as EKS gives it"),
        pytest.param("https://aaa.GR7.eu-west-1.eks.amazonaws.com", id="other case"),
        pytest.param("https://AAA.gr7.eu-west-1.eks.amazonaws.com:443/", id="port and slash"),
        pytest.param("AAA.gr7.eu-west-1.eks.amazonaws.com.", id="no scheme, final dot"),
    ],
)
def test_spellings_of_one_address_are_one_server(address: str) -> None:
    assert same_server(address, ENDPOINTS[PROD])


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("https://BBB.gr7.eu-west-1.eks.amazonaws.com", id="another host"),
        pytest.param("http://AAA.gr7.eu-west-1.eks.amazonaws.com", id="plain HTTP"),
        pytest.param("https://AAA.gr7.eu-west-1.eks.amazonaws.com:8443", id="another port"),
        pytest.param("https://AAA.gr7.eu-west-1.eks.amazonaws.com/k8s/clusters/c-1", id="a path behind it"),
        pytest.param("https://AAA.gr7.eu-west-1.eks.amazonaws.com@evil.example", id="the host as a user name"),
        pytest.param("https://AAA.gr7.eu-west-1.eks.amazonaws.com:port", id="no port"),
        pytest.param("ftp://AAA.gr7.eu-west-1.eks.amazonaws.com", id="another protocol"),
        pytest.param("https://[", id="no address"),
        pytest.param("", id="nothing"),
    ],
)
def test_another_address_is_another_server(address: str) -> None:
    assert not same_server(address, ENDPOINTS[PROD])


def test_two_broken_addresses_are_not_one_server() -> None:
    assert not same_server("https://[", "https://[")


def write(path: Path, contexts: dict[str, str], current: str = "") -> str:
    """Write a kubeconfig of contexts and their servers."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": current,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in contexts],
        "clusters": [{"name": name, "cluster": {"server": server}} for name, server in contexts.items()],
        "users": [{"name": name, "user": {"token": "t"}} for name in contexts],
    }
    path.write_text(yaml.safe_dump(content))
    return str(path)


def test_contexts_are_matched_by_address_and_not_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "config", {"prod": ENDPOINTS[PROD_2], "staging": ENDPOINTS[PROD]})

    chosen = match_contexts(read_kubeconfig(path), [], ENDPOINTS)

    assert chosen == {PROD: "staging", PROD_2: "prod"}


def test_a_cluster_that_no_context_talks_to_has_none(tmp_path: Path) -> None:
    path = write(tmp_path / "config", {"prod-2": ENDPOINTS[PROD]})

    chosen = match_contexts(read_kubeconfig(path), [], ENDPOINTS)

    assert chosen == {PROD: "prod-2"}


def test_the_current_context_is_preferred_among_several_of_one_server(tmp_path: Path) -> None:
    contexts: dict[str, str] = dict.fromkeys(("admin", "reader", "zeta"), ENDPOINTS[PROD])
    path = write(tmp_path / "config", contexts, current="reader")

    assert read_kubeconfig(path).context_for(ENDPOINTS[PROD]) == "reader"
    assert read_kubeconfig(write(tmp_path / "other", contexts)).context_for(ENDPOINTS[PROD]) == "admin"


@pytest.mark.parametrize(
    "option",
    [
        pytest.param("mine", id="bare name: the address says which cluster"),
        pytest.param("prod-2=mine", id="cluster by name"),
        pytest.param("eu-west-1/prod-2=mine", id="cluster by region and name"),
        pytest.param("arn:aws:eks:eu-west-1:111122223333:cluster/prod-2=mine", id="cluster by ARN"),
    ],
)
def test_a_context_that_was_asked_for_is_used(tmp_path: Path, option: str) -> None:
    path = write(tmp_path / "config", {"a": ENDPOINTS[PROD_2], "mine": ENDPOINTS[PROD_2]})

    chosen = match_contexts(read_kubeconfig(path), [option], ENDPOINTS)

    assert chosen[PROD_2] == "mine"


def test_a_context_whose_name_holds_an_equals_sign_is_found(tmp_path: Path) -> None:
    path = write(tmp_path / "config", {"team=a": ENDPOINTS[PROD]})

    chosen = match_contexts(read_kubeconfig(path), ["team=a"], ENDPOINTS)

    assert chosen == {PROD: "team=a"}


@pytest.mark.parametrize("option", ["prod", "prod=prod", "prod-2=prod"])
def test_a_cluster_whose_address_is_not_known_is_no_reason_to_refuse_a_context(tmp_path: Path, option: str) -> None:
    path = write(tmp_path / "config", {"prod": ENDPOINTS[PROD], "other": ENDPOINTS[PROD_2]})
    denied = {PROD: "", PROD_2: ""}

    assert match_contexts(read_kubeconfig(path), [option], denied) == {}


@pytest.mark.parametrize(
    ("options", "endpoints", "sentence"),
    [
        pytest.param(
            ["prod-2=prod"],
            ENDPOINTS,
            f'The context "prod" talks to {ENDPOINTS[PROD]}, the cluster prod-2 is at {ENDPOINTS[PROD_2]}.',
            id="the name lies",
        ),
        pytest.param(
            ["prod"],
            {PROD_2: ENDPOINTS[PROD_2]},
            f'The context "prod" talks to {ENDPOINTS[PROD]}, the cluster prod-2 is at {ENDPOINTS[PROD_2]}.',
            id="the only cluster is another",
        ),
        pytest.param(
            ["elsewhere"],
            ENDPOINTS,
            'The context "elsewhere" talks to https://other.example, and none of the clusters in scope is there: '
            "eu-west-1/prod, eu-west-1/prod-2.",
            id="none of the clusters",
        ),
        pytest.param(
            ["absent"],
            ENDPOINTS,
            'The kubeconfig has no context "absent" with a server. It has: elsewhere, prod, second.',
            id="no such context",
        ),
        pytest.param(
            ["dev=prod"],
            ENDPOINTS,
            "--context dev=prod names a cluster that is not in scope. In scope: eu-west-1/prod, eu-west-1/prod-2.",
            id="no such cluster",
        ),
        pytest.param(
            ["prod", "second"],
            ENDPOINTS,
            'Two contexts are given for the cluster prod: "prod" and "second". Give one.',
            id="two for one",
        ),
    ],
)
def test_a_context_that_cannot_be_meant_is_a_usage_error(
    tmp_path: Path, options: list[str], endpoints: dict[Target, str], sentence: str
) -> None:
    contexts = {"prod": ENDPOINTS[PROD], "second": ENDPOINTS[PROD], "elsewhere": "https://other.example"}
    kubeconfig = read_kubeconfig(write(tmp_path / "config", contexts))

    with pytest.raises(UsageError) as caught:
        match_contexts(kubeconfig, options, endpoints)

    assert str(caught.value) == sentence


def test_the_advice_after_a_wrong_context_names_one_of_the_right_server(tmp_path: Path) -> None:
    kubeconfig = read_kubeconfig(write(tmp_path / "config", {"prod": ENDPOINTS[PROD], "other": ENDPOINTS[PROD_2]}))

    with pytest.raises(UsageError) as caught:
        match_contexts(kubeconfig, ["prod-2=prod"], ENDPOINTS)

    assert caught.value.do == "Write --context eu-west-1/prod-2=other."


def test_connecting_checks_the_address_again(tmp_path: Path) -> None:
    kubeconfig = read_kubeconfig(write(tmp_path / "config", {"prod": ENDPOINTS[PROD]}))

    with pytest.raises(UsageError, match="talks to"):
        connect_kubeconfig(kubeconfig, "prod", ENDPOINTS[PROD_2])


def test_several_files_are_read_and_the_first_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write(tmp_path / "first", {"prod": ENDPOINTS[PROD]}, current="prod")
    second = write(tmp_path / "second", {"prod": ENDPOINTS[PROD_2], "more": ENDPOINTS[PROD_2]}, current="more")
    monkeypatch.setenv("KUBECONFIG", f"{first}:{second}:{tmp_path / 'absent'}")

    found = read_kubeconfig()

    assert found.servers == {"prod": ENDPOINTS[PROD], "more": ENDPOINTS[PROD_2]}
    assert found.current == "prod"


def test_no_kubeconfig_at_all_has_no_contexts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    assert read_kubeconfig().servers == {}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(None, "does not exist", id="absent"),
        pytest.param(b"a: [", "is not YAML", id="no YAML"),
        pytest.param(b"\xff\xfe\x00", "is not YAML", id="no text"),
        pytest.param(b"- a", "is not a kubeconfig", id="a list"),
        pytest.param(b"clusters: 5", "is not a kubeconfig", id="another shape"),
        pytest.param(b"contexts: [{name: 5, context: {}}]", "is not a kubeconfig", id="a number for a name"),
    ],
)
def test_a_broken_kubeconfig_is_a_usage_error(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    path = tmp_path / "config"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(UsageError, match=sentence) as caught:
        read_kubeconfig(str(path))

    assert str(path) in str(caught.value)
