"""Ways to a cluster's API server: a token made from the AWS session, a kubeconfig, a pod's own account."""

import base64
import logging
import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import yaml

from eksaminer.errors import UsageError
from eksaminer.evidence.model import Target
from eksaminer.gap import Cause, Gap

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
TOKEN_SECONDS = 60
"""Life of the presigned URL in an EKS token; what `aws eks get-token` asks for."""

AGENT = "eksaminer"
MAKE_KUBECONFIG = "Write one with `aws eks update-kubeconfig`, and name it with --kubeconfig."


@dataclass(frozen=True, slots=True)
class Connection:
    """An API server and the means to talk to it: TLS, proxy and credentials as the kubernetes client set them."""

    server: str
    client: Any
    """A `kubernetes.client.ApiClient`."""
    timeout: tuple[float, float]
    """Seconds to connect, and between two pieces of an answer."""

    def get(self, path: str, query: Mapping[str, str]) -> Any:
        """Send one GET and return urllib3's response, unread. Raises `urllib3.exceptions.HTTPError`.

        Redirects are not followed: an answer of another address is no evidence of this cluster.
        """
        import urllib3  # noqa: PLC0415 - heavy: only commands that read a cluster load it

        auth = self.client.configuration.auth_settings().get("BearerToken")
        headers = {"Accept": "application/json", "User-Agent": self.client.user_agent}
        if auth:
            headers["Authorization"] = auth["value"]
        connect, read = self.timeout
        return self.client.rest_client.pool_manager.request(
            "GET",
            self.server + path,
            fields=dict(query),
            headers=headers,
            preload_content=False,
            retries=False,
            redirect=False,
            timeout=urllib3.Timeout(connect=connect, read=read),
        )

    def close(self) -> None:
        """Close the connections."""
        self.client.close()


def eks_token(session: Any, region: str, cluster_name: str) -> str:
    """Make a bearer token for an EKS cluster out of the credentials of a boto3 *session*, without a call.

    It is a presigned `sts:GetCallerIdentity` request that names the cluster in a signed header; EKS sends
    it to STS to learn who is asking. Raises what botocore raises for missing or expired credentials.
    """
    from botocore.signers import RequestSigner  # noqa: PLC0415 - heavy: only where AWS is read

    client = session.client("sts", region_name=region)
    signer = RequestSigner(
        client.meta.service_model.service_id, region, "sts", "v4", session.get_credentials(), session.events
    )
    request = {
        "method": "GET",
        "url": f"{client.meta.endpoint_url}/?Action=GetCallerIdentity&Version=2011-06-15",
        "body": {},
        "headers": {"x-k8s-aws-id": cluster_name},
        "context": {},
    }
    url: Any = signer.generate_presigned_url(request, region_name=region, expires_in=TOKEN_SECONDS, operation_name="")
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def connect_eks(
    cluster_endpoint: str,
    ca_data: str,
    token: str,
    *,
    user_agent: str = AGENT,
    timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
) -> Connection | Gap:
    """Connect to the endpoint of an EKS cluster with its CA (base64, as DescribeCluster gives it) and a token."""
    cluster = {"server": cluster_endpoint, "certificate-authority-data": ca_data}
    config = {
        "current-context": "eks",
        "contexts": [{"name": "eks", "context": {"cluster": "eks", "user": "eks"}}],
        "clusters": [{"name": "eks", "cluster": cluster}],
        "users": [{"name": "eks", "user": {"token": token}}],
    }

    def load(configuration: Any) -> None:
        from kubernetes.config import load_kube_config_from_dict  # noqa: PLC0415 - heavy, see above

        load_kube_config_from_dict(config, client_configuration=configuration, persist_config=False)

    return _connect(load, user_agent, timeout)


def connect_in_cluster(
    *, user_agent: str = AGENT, timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS)
) -> Connection | Gap:
    """Connect as the service account of the pod that this runs in."""

    def load(configuration: Any) -> None:
        from kubernetes.config import load_incluster_config  # noqa: PLC0415 - heavy, see above

        load_incluster_config(client_configuration=configuration)

    return _connect(load, user_agent, timeout)


class _Cluster(msgspec.Struct, frozen=True):
    server: str = ""


class _NamedCluster(msgspec.Struct, frozen=True):
    name: str
    cluster: _Cluster


class _Context(msgspec.Struct, frozen=True):
    cluster: str = ""


class _NamedContext(msgspec.Struct, frozen=True):
    name: str
    context: _Context


class _NamedUser(msgspec.Struct, frozen=True):
    name: str
    user: dict[str, Any] | None = None


class _File(msgspec.Struct, frozen=True, rename="kebab"):
    clusters: list[_NamedCluster] | None = None
    contexts: list[_NamedContext] | None = None
    users: list[_NamedUser] | None = None
    current_context: str | None = None


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """The contexts of one or several kubeconfig files, and the server that each talks to."""

    path: str
    """The files, separated as in the variable KUBECONFIG."""
    servers: Mapping[str, str]
    """Context name to server address."""
    current: str

    def context_for(self, endpoint: str) -> str | None:
        """Return a context whose server is *endpoint*: the current one first, else by name. None: there is none."""
        fitting = sorted(name for name, server in self.servers.items() if same_server(server, endpoint))
        return self.current if self.current in fitting else next(iter(fitting), None)


def read_kubeconfig(path: str | None = None) -> Kubeconfig:
    """Read *path*, or what KUBECONFIG names, or `~/.kube/config`; the first file that names a context wins.

    A *path* that was asked for must exist; default files may be absent. Raises `UsageError`.
    """
    files = path or os.environ.get("KUBECONFIG") or str(Path("~/.kube/config"))
    contexts: dict[str, str] = {}
    clusters: dict[str, str] = {}
    current = ""
    for name in filter(None, files.split(os.pathsep)):
        found = _read_file(Path(name).expanduser(), must_exist=path is not None)
        for context in found.contexts or ():
            contexts.setdefault(context.name, context.context.cluster)
        for cluster in found.clusters or ():
            clusters.setdefault(cluster.name, cluster.cluster.server)
        current = current or found.current_context or ""
    servers = {name: clusters[cluster] for name, cluster in contexts.items() if clusters.get(cluster)}
    return Kubeconfig(files, servers, current)


def _read_file(path: Path, *, must_exist: bool) -> _File:
    try:
        data = yaml.safe_load(path.read_bytes())
        return msgspec.convert(data or {}, _File)
    except FileNotFoundError:
        if not must_exist:
            return _File()
        raise UsageError(
            f"The kubeconfig {path} does not exist.",
            "Correct --kubeconfig, or leave it out: ~/.kube/config is the default.",
        ) from None
    except OSError as error:
        raise UsageError(
            f"The kubeconfig {path} cannot be read: {error.strerror}.", "Name a file with --kubeconfig."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"The kubeconfig {path} is not YAML.", MAKE_KUBECONFIG) from error
    except (msgspec.ValidationError, RecursionError) as error:
        raise UsageError(f"{path} is not a kubeconfig: {error}.", MAKE_KUBECONFIG) from error


def same_server(one: str, other: str) -> bool:
    """Whether two addresses are one server: scheme, host and port, and the path of a proxy."""
    return _normalised(one) == _normalised(other) is not None


def _normalised(address: str) -> tuple[str, str, int, str] | None:
    text = address if "://" in address else f"https://{address}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").rstrip(".")
    if scheme not in {"http", "https"} or not host:
        return None
    return scheme, host, port or (443 if scheme == "https" else 80), parts.path.rstrip("/")


def match_contexts(
    kubeconfig: Kubeconfig, asked: Sequence[str], endpoints: Mapping[Target, str]
) -> Mapping[Target, str]:
    """Say which context reads which cluster, by server address alone: names lie.

    *asked* holds the values of `--context`, each `NAME` or `CLUSTER=NAME`; *endpoints* the addresses of
    all clusters in scope, empty where EKS did not tell it: such a cluster is no reason to refuse a context.
    A cluster that no context talks to is not in the answer. Raises `UsageError` for a context that was
    asked for and talks to something else.
    """
    chosen: dict[Target, str] = {}
    for option in asked:
        cluster, name = _split(option, kubeconfig)
        target = _asked_target(kubeconfig, name, cluster, endpoints)
        if target is None:
            continue
        if chosen.get(target, name) != name:
            raise UsageError(
                f'Two contexts are given for the cluster {target.cluster}: "{chosen[target]}" and "{name}". Give one.'
            )
        chosen[target] = name
    for target, endpoint in endpoints.items():
        found = None if target in chosen else kubeconfig.context_for(endpoint)
        if found is not None:
            chosen[target] = found
    return chosen


def _split(option: str, kubeconfig: Kubeconfig) -> tuple[str, str]:
    if option in kubeconfig.servers or "=" not in option:
        return "", option
    cluster, _, name = option.partition("=")
    return cluster, name


def _asked_target(kubeconfig: Kubeconfig, name: str, cluster: str, endpoints: Mapping[Target, str]) -> Target | None:
    if name not in kubeconfig.servers:
        known = ", ".join(sorted(kubeconfig.servers)) or "none"
        raise UsageError(f'The kubeconfig has no context "{name}" with a server. It has: {known}.')
    meant = {target: at for target, at in endpoints.items() if not cluster or cluster in _names(target)}
    if not meant:
        raise UsageError(
            f"--context {cluster}={name} names a cluster that is not in scope. In scope: {_listed(endpoints)}."
        )
    fitting = [target for target, at in meant.items() if same_server(kubeconfig.servers[name], at)]
    if fitting:
        return fitting[0]
    if not all(meant.values()):
        return None
    raise UsageError(_mismatch(name, kubeconfig.servers[name], meant), _advice(kubeconfig, meant))


def _names(target: Target) -> frozenset[str]:
    return frozenset({target.cluster, f"{target.region}/{target.cluster}", target.resource.id})


def _listed(endpoints: Mapping[Target, str]) -> str:
    return ", ".join(f"{target.region}/{target.cluster}" for target in sorted(endpoints)) or "none"


def _mismatch(name: str, server: str, meant: Mapping[Target, str]) -> str:
    if len(meant) == 1:
        ((target, endpoint),) = meant.items()
        return f'The context "{name}" talks to {server}, the cluster {target.cluster} is at {endpoint}.'
    return f'The context "{name}" talks to {server}, and none of the clusters in scope is there: {_listed(meant)}.'


def _advice(kubeconfig: Kubeconfig, meant: Mapping[Target, str]) -> str:
    found = {target: kubeconfig.context_for(endpoint) for target, endpoint in meant.items()}
    named = [f"--context {target.region}/{target.cluster}={name}" for target, name in sorted(found.items()) if name]
    if named:
        return f"Write {' '.join(named)}."
    return "Leave --context out: then a token of the AWS session is used."


def connect_kubeconfig(
    kubeconfig: Kubeconfig,
    context: str,
    endpoint: str,
    *,
    user_agent: str = AGENT,
    timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
) -> Connection | Gap:
    """Connect with the credentials of *context*, which must talk to *endpoint*.

    A credential plugin (`exec`) that the context names is run, as kubectl would run it. Contexts that
    switch certificate checks off are refused: what they read proves nothing about this cluster.
    """
    server = kubeconfig.servers.get(context, "")
    if not same_server(server, endpoint):
        raise UsageError(f'The context "{context}" talks to {server}, the cluster is at {endpoint}.')

    def load(configuration: Any) -> None:
        from kubernetes.config import load_kube_config  # noqa: PLC0415 - heavy, see above

        load_kube_config(kubeconfig.path, context=context, client_configuration=configuration, persist_config=False)

    return _connect(load, user_agent, timeout, f'The context "{context}"')


def _connect(
    load: Any, user_agent: str, timeout: tuple[float, float], what: str = "The connection to the cluster"
) -> Connection | Gap:
    import urllib3  # noqa: PLC0415 - heavy: only commands that read a cluster load it
    from kubernetes.client import ApiClient, Configuration  # noqa: PLC0415 - heavy
    from kubernetes.config import ConfigException  # noqa: PLC0415 - heavy

    configuration = Configuration()
    with _log_kept() as said:
        try:
            load(configuration)
            client = ApiClient(configuration)
        except (ConfigException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return _unusable(what, [str(error)])
    client.user_agent = user_agent
    if not configuration.verify_ssl:
        return _unusable(what, ["it switches certificate checks off (insecure-skip-tls-verify)"])
    if not configuration.auth_settings() and not configuration.cert_file:
        return _unusable(what, said or ["it has no credentials"])
    return Connection(configuration.host, client, timeout)


def _unusable(what: str, reasons: Sequence[str]) -> Gap:
    why = " ".join(reasons[-1].split())[:300].rstrip(".")
    return Gap(cause=Cause.ERROR, detail=f"{what} cannot be used: {why}.")


class _Keep(logging.Handler):
    """Keeps messages: the kubernetes client logs why a credential plugin failed, and goes on without it."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@contextmanager
def _log_kept() -> Generator[list[str]]:
    handler = _Keep()
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield handler.said
    finally:
        root.removeHandler(handler)
