"""The one gate to AWS: one session per account, one client per region and service, each call once.

Everything that is read passes `Aws.call`: it knows the allow-list, remembers every answer, and records where
and when it came from. An error leaves it as `CallFailed`; `eksaminer.collect.gaps` makes a gap of that.
"""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeVar

import boto3
import botocore
from botocore import xform_name
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    ConnectTimeoutError,
    EndpointConnectionError,
    InfiniteLoopConfigError,
    InvalidConfigError,
    ProfileNotFound,
)
from botocore.parsers import ResponseParserError
from botocore.session import get_session

from eksaminer import __version__
from eksaminer.collect.clock import Clock
from eksaminer.collect.errors import NO_CREDENTIALS, CredentialsError, SelectionError
from eksaminer.collect.operations import OPERATIONS, Operation
from eksaminer.collect.redact import redacted
from eksaminer.evidence.collection import CallCount
from eksaminer.evidence.model import Source
from eksaminer.record import canonical_json, sha256

T = TypeVar("T")

_ID_DIGITS = 16

BROKEN_PROFILE = (InvalidConfigError, InfiniteLoopConfigError)
"""A profile names a source profile or an SSO session that is not there, or lacks a key."""
MEND_PROFILE = "Correct the profile in ~/.aws/config, or name another one with --profile."


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to reach AWS."""

    run_id: str
    """Part of the user agent: a reader of CloudTrail can tell our requests from others'."""
    profile: str = ""
    role_arn: str = ""
    deadline: float | None = None
    """Seconds after which no further call is made."""
    attempts: int = 10
    connect_timeout: float = 10
    read_timeout: float = 60
    parallel: int = 10
    """Requests at a time per region and service."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What AWS said, and the record of the call."""

    data: Mapping[str, Any]
    source: Source

    @property
    def time(self) -> datetime:
        """When it was read."""
        return self.source.time


class NotSentError(Exception):
    """The gate kept a call back."""


class DeadlineError(NotSentError):
    """The time that the user gave is over."""


class InterruptedRunError(NotSentError):
    """The user stopped the run."""


class UnknownOperationError(NotSentError):
    """The installed botocore does not know the operation."""


class SameTokenError(NotSentError):
    """AWS gave the token of a page that was read before: reading on would never end."""


class CallFailed(Exception):  # noqa: N818 - what happened, not a kind of error: `error` holds that
    """A call did not give an answer."""

    def __init__(
        self, operation: Operation, region: str, *, about: str, source: str, error: Exception, profile: str = ""
    ) -> None:
        super().__init__(f"{operation.key} in {region}: {error}")
        self.operation = operation
        self.region = region
        self.about = about
        """The name of what was asked for; empty: nothing in particular."""
        self.source = source
        """Empty: the call was not sent."""
        self.error = error
        self.profile = profile
        """The profile of the AWS configuration that gave the credentials; empty: none, or the default one."""

    @property
    def response(self) -> Mapping[str, Any]:
        """What AWS answered; empty: nothing."""
        return self.error.response if isinstance(self.error, ClientError) else {}

    @property
    def code(self) -> str:
        """The error code of AWS; empty: there was no answer."""
        return str(self.response.get("Error", {}).get("Code", ""))


class Aws:
    """All that one run reads from one account."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.account = ""
        """Set once the identity is known; part of the ids of sources."""
        self.clock_offset_ms: int | None = None
        self._offset_measured = False
        self._started = clock.monotonic()
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._derived: dict[str, Any] = {}
        self._memo: dict[str, Future[Answer]] = {}
        self._sources: dict[str, Source] = {}
        self._answers: dict[str, bytes] = {}
        self._counts: Counter[str] = Counter()
        self._clients: dict[tuple[str, str], tuple[Any, threading.Semaphore]] = {}
        self._unreachable: dict[tuple[str, str], Exception] = {}
        self._turns: dict[tuple[str, str], float] = {}
        self._session = _open(settings)

    @property
    def region(self) -> str:
        """The region of the profile or the environment; empty: none is set."""
        return self._session.region_name or ""

    @property
    def sources(self) -> Mapping[str, Source]:
        """Every call so far by the id of its source."""
        with self._lock:
            return dict(self._sources)

    @property
    def answers(self) -> Mapping[str, bytes]:
        """The redacted answers so far by the id of their source."""
        with self._lock:
            return dict(self._answers)

    @property
    def counts(self) -> tuple[CallCount, ...]:
        """How often each operation was called."""
        return tuple(CallCount(operation=name, count=count) for name, count in sorted(self._counts.items()))

    def known_regions(self, partition: str) -> tuple[str, ...]:
        """Return the regions in which botocore knows EKS."""
        return tuple(sorted(self._session.get_available_regions("eks", partition_name=partition)))

    @property
    def all_regions(self) -> tuple[str, ...]:
        """The regions of all partitions in which botocore knows EKS."""
        return tuple(name for part in self._session.get_available_partitions() for name in self.known_regions(part))

    def stop(self) -> None:
        """Make no further call: those still wanted become gaps."""
        self._stopped.set()

    @property
    def interrupted(self) -> bool:
        """Whether the user stopped the run."""
        return self._stopped.is_set()

    @property
    def stopped(self) -> bool:
        """Whether the user stopped the run, or its deadline has passed."""
        return self._stopped.is_set() or self._late()

    def derived(self, key: str, make: Callable[[], T]) -> T:
        """Return what *make* computes from answers, computed once for *key*; an error is not remembered."""
        if key not in self._derived:
            self._derived[key] = make()
        found: T = self._derived[key]
        return found

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than the run goes on."""
        left = seconds
        if self.settings.deadline is not None:
            left = min(left, max(0.0, self.settings.deadline - (self.clock.monotonic() - self._started)))
        self.clock.wait(self._stopped, left)

    def signed(self, sign: Callable[[Any], str]) -> str:
        """Return what *sign* makes of the boto3 session: a signature that is not sent (the EKS token).

        A session makes its clients one at a time, whoever asks.
        """
        with self._lock:
            return sign(self._session)

    def knows(self, service: str, shape: str, member: str, region: str) -> bool:
        """Say whether the installed botocore reads *member* of *shape*: an older one drops it silently."""
        client, _ = self._client(service, region)
        return member in client.meta.service_model.shape_for(shape).members

    def offers(self, service: str, operation: str, region: str) -> bool:
        """Say whether the installed botocore has *operation*."""
        client, _ = self._client(service, region)
        return operation in client.meta.service_model.operation_names

    def call(
        self,
        key: str,
        region: str,
        params: Mapping[str, Any] | None = None,
        *,
        again: bool = False,
        shown: Mapping[str, str] | None = None,
    ) -> Answer:
        """Call an operation of the allow-list, or return the answer that the same call had before.

        Args:
            key: The operation, `eks:DescribeCluster`.
            region: Where.
            params: The parameters.
            again: Ask again (polling); the last answer is the one that is recorded.
            shown: What the source shows as parameters, where the real ones are tokens of this run alone.

        Raises:
            CallFailed: There is no answer.
        """
        operation = OPERATIONS[key]
        params = params or {}
        if again:
            return self._send(operation, region, params, shown)
        memo_key = sha256(canonical_json([key, region, params]))
        with self._lock:
            known = self._memo.get(memo_key)
            mine = Future[Answer]()
            if known is None:
                self._memo[memo_key] = mine
        if known is not None:
            return known.result()
        return self._fulfil(mine, operation, region, params, shown)

    def pages(
        self,
        key: str,
        region: str,
        params: Mapping[str, Any] | None = None,
        *,
        shown: Mapping[str, str] | None = None,
    ) -> Iterator[Answer]:
        """Call an operation for page after page, each when it is wanted.

        Raises:
            CallFailed: A page has no answer.
        """
        operation = OPERATIONS[key]
        wanted = dict(params or {})
        seen: set[str] = set()
        while True:
            label = dict(shown) if shown is not None else _shown(params or {})
            label |= {"page": str(len(seen) + 1)} if seen else {}
            answer = self.call(key, region, wanted, shown=label)
            yield answer
            token = answer.data.get(operation.next_page) if operation.next_page else None
            if not token:
                return
            if token in seen:
                raise self._failed(operation, region, wanted, answer.source.id, SameTokenError())
            seen.add(token)
            wanted[operation.asks_page or operation.next_page] = token

    def download(self, key: str, region: str, params: Mapping[str, Any], target: Path) -> Answer:
        """Call an operation that answers with a body, and write that to *target*.

        Raises:
            CallFailed: There is no answer, or it was cut off.
        """
        return self._send(OPERATIONS[key], region, params, None, into=target)

    def _fulfil(
        self,
        mine: Future[Answer],
        operation: Operation,
        region: str,
        params: Mapping[str, Any],
        shown: Mapping[str, str] | None,
    ) -> Answer:
        with _Awaited(mine):
            answer = self._send(operation, region, params, shown)
            mine.set_result(answer)
        return answer

    def _send(
        self,
        operation: Operation,
        region: str,
        params: Mapping[str, Any],
        shown: Mapping[str, str] | None,
        into: Path | None = None,
    ) -> Answer:
        parameters = dict(shown) if shown is not None else _shown(params)
        identifier = sha256(canonical_json([self.account, operation.key, region, parameters]))[:_ID_DIGITS]
        endpoint = (operation.service, region)
        try:
            self._permit(operation, endpoint)
            client, limit = self._client(*endpoint)
            if operation.name not in client.meta.service_model.operation_names:
                raise UnknownOperationError(botocore.__version__)
            with limit:
                self._wait_for_turn(operation, region)
                self._permit(operation, endpoint)
                data = _answer(client, operation, params)
                if into is not None:
                    _write(data.pop("Body"), into)
        except (ClientError, BotoCoreError, ResponseParserError, NotSentError) as error:
            if isinstance(error, EndpointConnectionError | ConnectTimeoutError):
                self._unreachable[endpoint] = error
            met = self._record_failure(operation, region, parameters, identifier, error)
            raise self._failed(operation, region, params, met, error) from error
        return self._record(operation, region, parameters, identifier, data)

    def _failed(
        self, operation: Operation, region: str, params: Mapping[str, Any], source: str, error: Exception
    ) -> CallFailed:
        about, profile = _about(params), self._session.profile_name
        named = profile if profile != "default" or self.settings.profile else ""
        return CallFailed(operation, region, about=about, source=source, error=error, profile=named)

    def _permit(self, operation: Operation, endpoint: tuple[str, str]) -> None:
        if self._stopped.is_set() and not operation.closes:
            raise InterruptedRunError
        if self._late() and not operation.closes:
            raise DeadlineError
        if endpoint in self._unreachable:
            raise self._unreachable[endpoint]

    def _wait_for_turn(self, operation: Operation, region: str) -> None:
        """Keep to the calls a second that AWS allows: one bucket per operation and region, of this account."""
        if not operation.per_second:
            return
        between, now = 1 / operation.per_second, self.clock.monotonic()
        with self._lock:
            turn = max(self._turns.get((operation.key, region), 0), now - between)
            self._turns[operation.key, region] = turn + between
        if turn > now:
            self.pause(turn - now)

    def _late(self) -> bool:
        deadline = self.settings.deadline
        return deadline is not None and self.clock.monotonic() - self._started >= deadline

    def _record(
        self, operation: Operation, region: str, parameters: dict[str, str], identifier: str, data: dict[str, Any]
    ) -> Answer:
        metadata = data.pop("ResponseMetadata", {})
        self._measure_offset(metadata)
        stored = redacted(operation.key, data)
        request_id = str(metadata.get("RequestId", ""))
        source = Source(
            id=identifier,
            operation=operation.key,
            parameters=parameters,
            region=region,
            time=self.clock.now(),
            request_id=request_id,
            sha256_received=sha256(canonical_json(data)),
            sha256_stored=sha256(stored),
        )
        self._keep(source, stored)
        return Answer(data=data, source=source)

    def _record_failure(
        self, operation: Operation, region: str, parameters: dict[str, str], identifier: str, error: Exception
    ) -> str:
        if isinstance(error, NotSentError):
            return ""
        said: dict[str, Any] = {"Error": {"Code": type(error).__name__}}
        metadata: Mapping[str, Any] = {}
        if isinstance(error, ClientError):
            metadata = dict(error.response.get("ResponseMetadata", {}))
            self._measure_offset(metadata)
            said = {"Error": error.response.get("Error", {})}
        stored = canonical_json({"Error": {"Code": str(said["Error"].get("Code", ""))}})
        source = Source(
            id=identifier,
            operation=operation.key,
            parameters=parameters,
            region=region,
            time=self.clock.now(),
            request_id=str(metadata.get("RequestId", "")),
            sha256_received=sha256(canonical_json(said)),
            sha256_stored=sha256(stored),
        )
        self._keep(source, stored)
        return identifier

    def _keep(self, source: Source, stored: bytes) -> None:
        with self._lock:
            self._counts[source.operation] += 1
            self._sources[source.id] = source
            self._answers[source.id] = stored

    def _measure_offset(self, metadata: Mapping[str, Any]) -> None:
        date = metadata.get("HTTPHeaders", {}).get("date", "")
        if self._offset_measured or not date:
            return
        self._offset_measured = True
        try:
            server = parsedate_to_datetime(date)
        except ValueError:
            return
        self.clock_offset_ms = self.clock.offset_ms(server if server.tzinfo else server.replace(tzinfo=UTC))

    def _client(self, service: str, region: str) -> tuple[Any, threading.Semaphore]:
        with self._lock:
            known = self._clients.get((service, region))
            if known is None:
                client = self._session.client(service, region_name=region, config=_config(self.settings, service))
                known = self._clients[(service, region)] = (client, threading.Semaphore(self.settings.parallel))
        return known


class _Awaited:
    """Tells whoever waits for the same answer what went wrong, whatever it is."""

    def __init__(self, answer: Future[Answer]) -> None:
        self._answer = answer

    def __enter__(self) -> None:
        """Begin to wait."""

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, Exception):
            self._answer.set_exception(error)
        elif error is not None:
            self._answer.cancel()


def _answer(client: Any, operation: Operation, params: Mapping[str, Any]) -> dict[str, Any]:
    """Call *operation*. botocore's parsers take the shape of an answer for granted: another one is none of AWS."""
    try:
        data: dict[str, Any] = getattr(client, xform_name(operation.name))(**params)
    except BotoCoreError:  # some of them are a ValueError, too
        raise
    except NOT_THE_SHAPE as error:
        raise ResponseParserError(f"{type(error).__name__}: {error}") from error
    return data


def _config(settings: Settings, service: str) -> Config:
    """STS comes first and alone: a user without credentials or network should not wait for ten attempts."""
    attempts = min(settings.attempts, 3) if service == "sts" else settings.attempts
    return Config(
        retries={"mode": "adaptive", "total_max_attempts": attempts},
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        max_pool_connections=settings.parallel,
        user_agent_extra=user_agent(settings.run_id),
    )


def user_agent(run_id: str) -> str:
    """Return what marks a request as this program's."""
    return f"eksaminer/{__version__} run/{run_id}"


def _open(settings: Settings) -> boto3.Session:
    try:
        session = boto3.Session(profile_name=settings.profile or None)
        known = session.available_profiles
        if settings.profile and settings.profile not in known:
            raise SelectionError(f"There is no profile {settings.profile}.", "Name a profile of ~/.aws/config.")
        return _assumed(session, settings) if settings.role_arn else session
    except ProfileNotFound as error:
        raise SelectionError(str(error) + ".", "Name a profile of ~/.aws/config with --profile.") from error
    except ConfigParseError as error:
        raise SelectionError(f"The AWS configuration cannot be read: {error}.", "Correct ~/.aws/config.") from error
    except BROKEN_PROFILE as error:
        raise broken_profile(error) from error


def broken_profile(error: Exception) -> SelectionError:
    """Return the error of a profile that cannot be used as it is written."""
    return SelectionError(f"The AWS configuration cannot be used: {str(error).rstrip('.')}.", MEND_PROFILE)


def _assumed(session: boto3.Session, settings: Settings) -> boto3.Session:
    """Return a session of the role; its credentials are renewed when they run out."""
    region = session.region_name or "us-east-1"
    base = session.get_credentials()
    if base is None:
        raise CredentialsError(f"There are no credentials to assume {settings.role_arn} with.", NO_CREDENTIALS)

    def client(service: str, **options: Any) -> Any:
        config = _config(settings, service)
        return session.client(service, region_name=region, config=config, **_credentials(options))

    fetcher = AssumeRoleCredentialFetcher(
        client_creator=client,
        source_credentials=base,
        role_arn=settings.role_arn,
        extra_args={"RoleSessionName": f"eksaminer-{settings.run_id}"},
    )
    inner = get_session()
    inner.register_component("credential_provider", CredentialResolver([_RoleProvider(fetcher)]))
    return boto3.Session(botocore_session=inner, region_name=session.region_name)


class _RoleProvider:
    """The credentials of the assumed role, fetched when they are first needed."""

    METHOD = "assume-role"
    CANONICAL_NAME = None

    def __init__(self, fetcher: AssumeRoleCredentialFetcher) -> None:
        self._fetcher = fetcher

    def load(self) -> DeferredRefreshableCredentials:
        """Return credentials that renew themselves."""
        return DeferredRefreshableCredentials(refresh_using=self._fetcher.fetch_credentials, method=self.METHOD)


def _credentials(options: Mapping[str, Any]) -> dict[str, Any]:
    wanted = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    return {name: options[name] for name in wanted if name in options}


def _write(body: Any, target: Path) -> None:
    """Write the body of an answer to a file that nobody else can read."""
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for chunk in body.iter_chunks(1 << 20):
            file.write(chunk)


NOT_THE_SHAPE = (AttributeError, KeyError, TypeError, ValueError)
_NAMES = (
    "Bucket", "name", "Name", "TrailName", "logGroupName", "KeyId", "logGroupNamePrefix", "associationId",
    "clusterName", "RoleName", "OpenIDConnectProviderArn",
)  # fmt: skip


def _about(params: Mapping[str, Any]) -> str:
    groups = params.get("logGroupNames", ())
    if groups:
        more = f" and {len(groups) - 1} more" if len(groups) > 1 else ""
        return f"{groups[0]}{more}"
    return next((str(params[name]) for name in _NAMES if name in params), "")


def _shown(params: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else canonical_json(value).decode()
        for name, value in params.items()
        if name not in {"nextToken", "NextToken", "Marker", "ContinuationToken"}
    }
