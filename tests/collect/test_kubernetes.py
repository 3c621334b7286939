"""Reading from an API server: a real HTTPS server on loopback with a CA of its own."""

import base64
import ipaddress
import json
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from eksaminer.collect import kubernetes
from eksaminer.collect.clock import FixedClock
from eksaminer.collect.kubernetes import PAGE_SIZE, read_live
from eksaminer.collect.kubernetes_connect import (
    Connection,
    connect_eks,
    connect_in_cluster,
    connect_kubeconfig,
    read_kubeconfig,
)
from eksaminer.collect.kubernetes_kinds import KINDS
from eksaminer.evidence.kubernetes import AwsAuth, KubernetesObjects
from eksaminer.evidence.model import Source
from eksaminer.gap import Cause, Gap
from eksaminer.record import digest, sha256

TOKEN = "k8s-aws-v1.c2lnbmVk"
AGENT = "eksaminer/0.1.0 run/0123456789ab"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
PODS = "/api/v1/pods"
AWS_AUTH = "/api/v1/namespaces/kube-system/configmaps/aws-auth"

Reply = tuple[int, Any]
Handler = Callable[[dict[str, str]], Reply]


class Hurried(FixedClock):
    """A clock that does not wait."""

    def sleep(self, seconds: float) -> None:
        assert seconds > 0


def status(code: int, reason: str, name: str = "") -> Reply:
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code}
    return code, body | ({"details": {"name": name}} if name else {})


def page(kind: str, names: list[str], token: str = "") -> Reply:
    items = [{"metadata": {"name": name, "namespace": "default"}, "spec": {}} for name in names]
    return 200, {"kind": f"{kind}List", "apiVersion": "v1", "metadata": {"continue": token}, "items": items}


def empty_list(kind: str) -> Handler:
    return lambda _query: page(kind, [])


def empty_cluster() -> dict[str, Handler]:
    """Answers of a cluster without objects, by path."""
    answers = {kind.path: empty_list(kind.name) for kind in KINDS}
    answers[AWS_AUTH] = lambda _query: status(404, "NotFound", "aws-auth")
    return answers


@dataclass
class ApiServer:
    """What the server answers, and what it was asked."""

    url: str = ""
    ca: str = ""
    answers: dict[str, Handler] = field(default_factory=empty_cluster)
    requests: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    stalled: threading.Event = field(default_factory=threading.Event)

    def answer(self, path: str, headers: dict[str, str]) -> Reply:
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.requests.append((parts.path, query, headers))
        if headers.get("authorization") != f"Bearer {TOKEN}":
            return status(401, "Unauthorized")
        return self.answers[parts.path](query)

    @property
    def paths(self) -> list[str]:
        return [path for path, _, _ in self.requests]

    def connect(self, token: str = TOKEN) -> Connection:
        made = connect_eks(self.url, self.ca, token, user_agent=AGENT, timeout=(2.0, 0.5))
        assert isinstance(made, Connection)
        return made


def authority(name: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Make a certificate for 127.0.0.1 that is its own CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    start = datetime.now(tz=UTC) - timedelta(hours=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=2))
        .add_extension(loopback, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate, key


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def server_identity(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A file with certificate and key, and the CA as DescribeCluster gives it."""
    certificate, key = authority("kubernetes")
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(private + pem(certificate))
    return path, base64.b64encode(pem(certificate)).decode()


@pytest.fixture
def api(server_identity: tuple[Path, str]) -> Iterator[ApiServer]:
    """A running API server with an empty cluster."""
    path, ca = server_identity
    state = ApiServer(ca=ca)

    class Requests(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            code, content = state.answer(self.path, headers)
            if not code:
                self.close_connection = True
                return
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Audit-Id", f"audit-{len(state.requests)}")
            if code == 302:
                self.send_header("Location", f"{state.url}/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing of clients that refuse our certificate or hang up."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with Server(("127.0.0.1", 0), Requests) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        state.url = f"https://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        state.stalled.set()
        server.shutdown()
        thread.join()


def read(connection: Connection, sources: list[tuple[Source, bytes]] | None = None) -> KubernetesObjects | Gap:
    kept = [] if sources is None else sources
    try:
        return read_live(
            connection,
            connection.server,
            recorder=lambda source, data: kept.append((source, data)),
            clock=Hurried(NOW),
        )
    finally:
        connection.close()


def read_objects(api: ApiServer, sources: list[tuple[Source, bytes]] | None = None) -> KubernetesObjects:
    found = read(api.connect(), sources)
    assert isinstance(found, KubernetesObjects)
    return found


def pod_names(found: KubernetesObjects) -> list[str]:
    assert not isinstance(found.pods, Gap)
    return [pod.name for pod in found.pods]


def test_an_empty_cluster_has_no_gaps(api: ApiServer) -> None:
    found = read_objects(api)

    assert {getattr(found, kind.field) for kind in KINDS if kind.field != "aws_auth"} == {()}
    assert found.aws_auth == AwsAuth(exists=False, map_roles="", map_users="", map_accounts="")
    assert found.origin == api.url


def test_each_kind_is_asked_for_once_and_nothing_else_is(api: ApiServer) -> None:
    read_objects(api)

    assert api.paths == [kind.path for kind in KINDS]
    assert not [path for path in api.paths if "secrets" in path]


def test_requests_name_the_program_and_the_run(api: ApiServer) -> None:
    read_objects(api)

    assert {headers["user-agent"] for _, _, headers in api.requests} == {AGENT}


def test_pages_are_followed_to_the_end(api: ApiServer) -> None:
    tokens = {"": "second", "second": "third", "third": ""}
    api.answers[PODS] = lambda query: page(
        "Pod", [f"pod-{query.get('continue', 'first')}"], tokens[query.get("continue", "")]
    )

    found = read_objects(api)

    assert pod_names(found) == ["pod-first", "pod-second", "pod-third"]
    asked = [query for path, query, _ in api.requests if path == PODS]
    assert {query["limit"] for query in asked} == {str(PAGE_SIZE)}
    assert len(asked) == 3


def test_a_list_whose_pages_expired_is_read_again_from_its_start(api: ApiServer) -> None:
    tokens = iter([page("Pod", ["old"], "t"), status(410, "Expired"), page("Pod", ["a"], "t"), page("Pod", ["b"])])
    api.answers[PODS] = lambda _query: next(tokens)
    sources: list[tuple[Source, bytes]] = []

    found = read_objects(api, sources)

    assert pod_names(found) == ["a", "b"]
    numbers = [source.parameters["request"] for source, _ in sources if "pods" in source.operation]
    assert numbers == ["1", "3", "4"]
    assert len(found.sources) == len(KINDS) + 1


def test_a_list_whose_pages_expire_twice_is_a_gap(api: ApiServer) -> None:
    api.answers[PODS] = lambda query: status(410, "Expired") if "continue" in query else page("Pod", ["a"], "t")

    found = read_objects(api)

    assert isinstance(found.pods, Gap)
    assert found.pods.cause is Cause.TIMEOUT
    assert found.deployments == ()


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        pytest.param(status(403, "Forbidden"), Cause.DENIED, id="forbidden"),
        pytest.param(status(404, "NotFound"), Cause.UNSUPPORTED, id="a kind this server does not have"),
        pytest.param(status(410, "Gone"), Cause.GONE, id="gone"),
        pytest.param(status(429, "TooManyRequests"), Cause.THROTTLED, id="throttled"),
        pytest.param(status(500, "InternalError"), Cause.ERROR, id="internal error"),
        pytest.param(status(503, "ServiceUnavailable"), Cause.UNREACHABLE, id="not available"),
        pytest.param(status(504, "Timeout"), Cause.TIMEOUT, id="gateway timeout"),
        pytest.param((302, b""), Cause.ERROR, id="a redirect, which is not followed"),
        pytest.param((200, b"<html>Log in</html>"), Cause.ERROR, id="a login page"),
        pytest.param((200, b"["), Cause.ERROR, id="cut JSON"),
        pytest.param((200, b"[" * 100_000), Cause.ERROR, id="JSON without end"),
        pytest.param((200, b'{"n":' + b"9" * 400 + b"}"), Cause.ERROR, id="a number without end"),
        pytest.param(page("Service", ["a"]), Cause.ERROR, id="a list of another kind"),
        pytest.param((200, {"kind": "PodList"}), Cause.ERROR, id="no items"),
        pytest.param((200, {"kind": "PodList", "items": [{"metadata": 5}]}), Cause.ERROR, id="another shape"),
    ],
)
def test_one_kind_that_fails_is_one_gap(api: ApiServer, reply: Reply, cause: Cause) -> None:
    api.answers[PODS] = lambda _query: reply

    found = read_objects(api)

    assert isinstance(found.pods, Gap)
    assert found.pods.cause is cause
    assert found.pods.permission == "list pods"
    assert [kind.field for kind in KINDS if isinstance(getattr(found, kind.field), Gap)] == ["pods"]


def test_a_throttled_server_is_asked_again(api: ApiServer) -> None:
    replies = iter([status(429, "TooManyRequests"), page("Pod", ["a"])])
    api.answers[PODS] = lambda _query: next(replies)

    found = read_objects(api)

    assert pod_names(found) == ["a"]


def test_refused_credentials_are_one_gap_and_nothing_more_is_asked(api: ApiServer) -> None:
    found = read(api.connect(token="k8s-aws-v1.other"))

    assert isinstance(found, Gap)
    assert found.cause is Cause.DENIED
    assert "access entry" in found.detail
    assert len(api.requests) == 1


def test_credentials_that_expire_on_the_way_leave_what_was_read(api: ApiServer) -> None:
    api.answers[PODS] = lambda _query: status(401, "Unauthorized")

    found = read_objects(api)

    assert found.namespaces == ()
    assert isinstance(found.pods, Gap)
    assert isinstance(found.cron_jobs, Gap)
    assert (found.pods.cause, found.cron_jobs.cause) == (Cause.EXPIRED, Cause.EXPIRED)
    assert found.cron_jobs.permission == "list cronjobs.batch"
    assert api.paths[-1] == PODS


def test_a_cluster_that_forbids_everything_is_read_kind_by_kind(api: ApiServer) -> None:
    api.answers = dict.fromkeys(api.answers, lambda _query: status(403, "Forbidden"))

    found = read_objects(api)

    gaps = [getattr(found, kind.field) for kind in KINDS]
    assert tuple(gap.permission for gap in gaps) == KubernetesObjects.permissions
    assert {gap.cause for gap in gaps} == {Cause.DENIED}


def test_a_server_that_does_not_answer_is_a_timeout(api: ApiServer) -> None:
    def stall(_query: dict[str, str]) -> Reply:
        api.stalled.wait(5)
        return page("ServiceAccount", [])

    api.answers["/api/v1/serviceaccounts"] = stall
    connection = connect_eks(api.url, api.ca, TOKEN, timeout=(1.0, 0.05))
    assert isinstance(connection, Connection)

    found = read(connection)

    assert isinstance(found, Gap)
    assert found.cause is Cause.TIMEOUT


def test_a_server_with_the_certificate_of_another_ca_is_not_talked_to(api: ApiServer) -> None:
    other, _ = authority("other")
    connection = connect_eks(api.url, base64.b64encode(pem(other)).decode(), TOKEN)
    assert isinstance(connection, Connection)

    found = read(connection)

    assert isinstance(found, Gap)
    assert found.cause is Cause.UNREACHABLE
    assert "certificate" in found.detail
    assert api.requests == []


def test_a_port_where_nothing_listens_is_unreachable(server_identity: tuple[Path, str]) -> None:
    connection = connect_eks("https://127.0.0.1:1", server_identity[1], TOKEN)
    assert isinstance(connection, Connection)

    found = read(connection)

    assert isinstance(found, Gap)
    assert found.cause is Cause.UNREACHABLE
    assert "https://127.0.0.1:1" in found.detail


def test_a_server_that_hangs_up_is_unreachable(api: ApiServer) -> None:
    api.answers[PODS] = lambda _query: (0, b"")

    found = read_objects(api)

    assert isinstance(found.pods, Gap)
    assert found.pods.cause is Cause.UNREACHABLE
    assert api.paths.count(PODS) == 3


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        pytest.param("PAGE_LIMIT", 200, id="an answer that is too large"),
        pytest.param("PAGES_LIMIT", 3, id="a list that never ends"),
    ],
)
def test_what_is_too_much_is_capped(api: ApiServer, monkeypatch: pytest.MonkeyPatch, limit: str, value: int) -> None:
    monkeypatch.setattr(kubernetes, limit, value)
    api.answers[PODS] = lambda _query: page("Pod", ["a", "b", "c"], "more")

    found = read_objects(api)

    assert isinstance(found.pods, Gap)
    assert found.pods.cause is Cause.CAPPED
    assert found.deployments == ()


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param((200, b"{"), id="cut JSON"),
        pytest.param((200, {"metadata": {"name": "x", "namespace": "kube-system"}}), id="another ConfigMap"),
        pytest.param(status(404, "NotFound", "kube-system"), id="the namespace is not there"),
    ],
)
def test_an_odd_answer_about_aws_auth_is_a_gap(api: ApiServer, reply: Reply) -> None:
    api.answers[AWS_AUTH] = lambda _query: reply

    found = read_objects(api)

    assert isinstance(found.aws_auth, Gap)


def test_a_server_that_does_not_accept_connections_in_time_is_a_timeout(
    server_identity: tuple[Path, str],
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        connection = connect_eks(url, server_identity[1], TOKEN, timeout=(0.05, 0.05))
        assert isinstance(connection, Connection)

        found = read(connection)

    assert isinstance(found, Gap)
    assert found.cause is Cause.TIMEOUT


def test_a_404_that_the_api_server_did_not_write_does_not_prove_that_aws_auth_is_absent(api: ApiServer) -> None:
    api.answers[AWS_AUTH] = lambda _query: (404, b"<html>no such page</html>")

    found = read_objects(api)

    assert isinstance(found.aws_auth, Gap)


def test_aws_auth_is_read_with_its_maps(api: ApiServer) -> None:
    api.answers[AWS_AUTH] = lambda _query: (
        200,
        {
            "kind": "ConfigMap",
            "metadata": {"name": "aws-auth", "namespace": "kube-system"},
            "data": {"mapRoles": "- rolearn: a", "mapUsers": "[]"},
        },
    )

    found = read_objects(api)

    assert not isinstance(found.aws_auth, Gap)
    assert found.aws_auth.exists
    assert found.aws_auth.map_roles == "- rolearn: a"
    assert found.aws_auth.map_accounts == ""


def test_sources_say_what_was_received_and_keep_only_what_is_declared(api: ApiServer) -> None:
    answer = page("Pod", ["web"])
    answer[1]["items"][0]["spec"] = {
        "containers": [{"image": "web:1", "env": [{"name": "PASSWORD", "value": "hunter2"}]}]
    }
    api.answers[PODS] = lambda _query: answer
    kept: list[tuple[Source, bytes]] = []

    read_objects(api, kept)

    ((source, data),) = [each for each in kept if each[0].operation == "kubernetes:list pods"]
    assert source.sha256_received == digest(answer[1])
    assert source.sha256_stored == sha256(data)
    assert source.request_id == "audit-10"
    assert source.time == NOW
    assert b"web:1" in data
    assert b"hunter2" not in data
    assert len({each.id for each, _ in kept}) == len(KINDS)


def test_an_answer_that_is_an_error_is_recorded_without_its_text(api: ApiServer) -> None:
    api.answers[PODS] = lambda _query: status(403, "Forbidden")
    kept: list[tuple[Source, bytes]] = []

    found = read_objects(api, kept)

    ((source, data),) = [each for each in kept if each[0].operation == "kubernetes:list pods"]
    assert (source.parameters["status"], source.sha256_stored, data) == ("403", "", b"")
    assert isinstance(found.pods, Gap)
    assert found.pods.sources == (source.id,)
    assert source.id not in found.sources


def kubeconfig_for(api: ApiServer, folder: Path, user: dict[str, Any], **cluster: Any) -> str:
    settings = {"server": api.url, "certificate-authority-data": api.ca} | cluster
    path = folder / "config"
    path.write_text(
        yaml.safe_dump(
            {
                "contexts": [{"name": "prod", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": settings}],
                "users": [{"name": "u", "user": user}],
            }
        )
    )
    return str(path)


def plugin(script: str) -> dict[str, Any]:
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": sys.executable,
            "args": ["-c", script],
        }
    }


def test_a_credential_plugin_of_the_kubeconfig_is_run(api: ApiServer, tmp_path: Path) -> None:
    answer = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": TOKEN},
    }
    path = kubeconfig_for(api, tmp_path, plugin(f"print('''{json.dumps(answer)}''')"))

    connection = connect_kubeconfig(read_kubeconfig(path), "prod", api.url, user_agent=AGENT)

    assert isinstance(connection, Connection)
    assert isinstance(read(connection), KubernetesObjects)


@pytest.mark.parametrize(
    ("user", "cluster", "expected"),
    [
        pytest.param(plugin("import sys; sys.exit('Token has expired')"), {}, "Token has expired", id="plugin fails"),
        pytest.param(plugin("print('no JSON')"), {}, "decode", id="plugin says something else"),
        pytest.param({}, {}, "no credentials", id="no credentials"),
        pytest.param({"client-certificate": "absent.pem"}, {}, "absent.pem", id="missing certificate"),
        pytest.param(
            {"token": TOKEN},
            {"insecure-skip-tls-verify": True},
            "certificate checks off",
            id="server is not verified",
        ),
    ],
)
def test_a_context_that_cannot_be_used_is_a_gap(
    api: ApiServer,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    *,
    user: dict[str, Any],
    cluster: dict[str, Any],
    expected: str,
) -> None:
    path = kubeconfig_for(api, tmp_path, user, **cluster)

    found = connect_kubeconfig(read_kubeconfig(path), "prod", api.url)

    assert isinstance(found, Gap)
    assert expected in found.detail
    assert capfd.readouterr() == ("", "")
    assert api.requests == []


def test_outside_of_a_cluster_there_is_no_account_of_a_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    found = connect_in_cluster()

    assert isinstance(found, Gap)
    assert found.cause is Cause.ERROR


def test_a_ca_that_is_no_certificate_is_a_gap(api: ApiServer) -> None:
    made = connect_eks(api.url, base64.b64encode(b"nonsense").decode(), TOKEN)

    assert isinstance(made, Gap) or isinstance(read(made), Gap)
