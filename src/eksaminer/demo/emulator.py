"""The AWS emulator: answers from a described account over HTTP on loopback, and fails when it is told to.

What it does not know itself it hands to moto's server. boto3 is pointed at it by `environment`.
"""

import os
import socket
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from threading import Event, Lock, Thread
from typing import Any

from moto.core.request import Request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from eksaminer.demo import faults, refusals, wire
from eksaminer.demo.backstage import Backstage
from eksaminer.demo.model import Account
from eksaminer.demo.services import alarms, cloudtrail, copies, eks, events, iam, keys, logs, others, queries, s3
from eksaminer.demo.services.world import Operation, World
from eksaminer.demo.wire import AwsError, Call, Reply

OPERATIONS: Mapping[str, Operation] = {
    **alarms.OPERATIONS,
    **cloudtrail.OPERATIONS,
    **copies.OPERATIONS,
    **eks.OPERATIONS,
    **events.OPERATIONS,
    **iam.OPERATIONS,
    **keys.OPERATIONS,
    **logs.OPERATIONS,
    **others.OPERATIONS,
    **queries.OPERATIONS,
    **s3.OPERATIONS,
}
"""What the emulator answers itself, by IAM action."""

HOST = "127.0.0.1"
LONGEST_HANG = 600.0


def demo_environment(url: str, region: str = "us-east-1") -> dict[str, str]:
    """Return the environment variables that point boto3 at *url*, and at nothing else of this machine."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "ASIADEMODEMODEMODEMO",
        "AWS_SECRET_ACCESS_KEY": "demo",
        "AWS_SESSION_TOKEN": "demo",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": HOST,
        "no_proxy": HOST,
    }


@contextmanager
def pointed_at(url: str, region: str = "us-east-1") -> Generator[None]:
    """Point boto3 of this process at *url*, and forget the user's own AWS settings for as long."""
    before = dict(os.environ)
    for name in list(os.environ):
        if name.startswith("AWS_"):
            del os.environ[name]
    os.environ.update(demo_environment(url, region))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class _Handler(WSGIRequestHandler):
    """Serves without a log line, and without waiting for more to send in one packet."""

    disable_nagle_algorithm = True
    protocol_version = "HTTP/1.1"
    """Connections stay open, as those of AWS do: a client that has to connect for every call costs more."""

    def send_response(self, code: int, message: str | None = None) -> None:
        """Send the status alone: the time in `Date` is the emulator's, not this machine's."""
        self.send_response_only(code, message)

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the name is werkzeug's
        pass


class Emulator:
    """An AWS account on loopback."""

    def __init__(self, account: Account, clock: datetime) -> None:
        self.world = World(account=account, now=clock)
        self._faults = faults.Faults()
        self._calls: list[Call] = []
        self._lock = Lock()
        self._released = Event()
        self._server: BaseWSGIServer | None = None
        self._backstage = Backstage()

    # The state -----------------------------------------------------------------------------------

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls since the start or the last `reset`, in the order they came."""
        with self._lock:
            return tuple(self._calls)

    @property
    def actions(self) -> tuple[str, ...]:
        """The IAM actions of `calls`."""
        return tuple(call.action for call in self.calls)

    @property
    def url(self) -> str:
        """Where it listens."""
        if self._server is None:
            raise RuntimeError("The emulator has not been started.")
        return f"http://{HOST}:{self._server.server_port}"

    @property
    def now(self) -> datetime:
        """The emulator's time: it stands still until it is set."""
        return self.world.now

    @now.setter
    def now(self, moment: datetime) -> None:
        self.world.now = moment

    @property
    def page_size(self) -> int | None:
        """How many items a page holds at most; None: as many as AWS gives."""
        return self.world.page_size

    @page_size.setter
    def page_size(self, size: int | None) -> None:
        self.world.page_size = size

    @property
    def query_progress(self) -> tuple[str, ...]:
        """The statuses that GetQueryResults gives before a query is complete."""
        return self.world.query_progress

    @query_progress.setter
    def query_progress(self, statuses: tuple[str, ...]) -> None:
        self.world.query_progress = statuses

    def load(self, account: Account, now: datetime | None = None) -> None:
        """Take another account, and another time if given."""
        self.reset()
        self._begin(account, now or self.world.now)

    def reset(self) -> None:
        """Lift all faults, release hanging calls, forget calls, queries and page sizes."""
        self._faults.clear()
        self._released.set()
        self._released = Event()
        with self._lock:
            self._calls.clear()
        self._begin(self.world.account, self.world.now)

    def _begin(self, account: Account, now: datetime) -> None:
        """Begin anew; what a log line holds stays the same, and is not read again."""
        self.world = World(account=account, now=now, fields_of=self.world.fields_of)

    # What can be made to go wrong ----------------------------------------------------------------

    def deny(
        self,
        operation: str,
        *,
        region: str = "",
        matching: str = "",
        because: refusals.Because = "identity policy",
    ) -> None:
        """Deny *operation* (a pattern over IAM actions), where *matching* is part of its parameters as JSON."""

        def problem(call: Call) -> AwsError:
            return refusals.denied(call, self.world.caller(call), self.world.account.id, because)

        self._add(operation, faults.Refuse(problem=problem), region=region, matching=matching)

    def throttle(self, operation: str, *, times: int | None = None, region: str = "", matching: str = "") -> None:
        """Throttle *operation*: so many times, or for ever."""
        self._add(operation, faults.Refuse(problem=refusals.throttled), region=region, matching=matching, times=times)

    def expire(self, *, after: int = 0) -> None:
        """Let the credentials expire, once *after* more calls were answered."""
        self._add("*", faults.Refuse(problem=refusals.expired), after=after)

    def disable_region(self, region: str, *, subscription: bool = False) -> None:
        """Answer in *region* as where the account has not enabled it (or has no subscription)."""
        problem = refusals.not_subscribed if subscription else refusals.region_disabled
        self._add("*", faults.Refuse(problem=problem), region=region)

    def vanish(self, cluster: str) -> None:
        """Let *cluster* be listed and then be gone."""
        problem = faults.Refuse(problem=lambda _: refusals.no_such_cluster(cluster))
        for name in ("name", "clusterName"):
            self._add("eks:*", problem, matching=f'"{name}":"{cluster}"')

    def fail(
        self,
        operation: str,
        code: str,
        status: int = 400,
        message: str = "",
        *,
        times: int | None = None,
        region: str = "",
        matching: str = "",
    ) -> None:
        """Answer *operation* with an error of your choice."""
        problem = faults.Refuse(problem=lambda _: AwsError(code, message, status))
        self._add(operation, problem, region=region, matching=matching, times=times)

    def latency(self, seconds: float, operation: str = "*", *, region: str = "") -> None:
        """Answer *operation* late."""
        self._add(operation, faults.Delay(seconds=seconds), region=region)

    def hang(self, operation: str, *, times: int | None = None, region: str = "", matching: str = "") -> None:
        """Never answer *operation*, until `reset` or the end."""
        self._add(operation, faults.Hang(), region=region, matching=matching, times=times)

    def drop(self, operation: str, *, times: int | None = None, region: str = "", matching: str = "") -> None:
        """Cut the connection instead of answering *operation*."""
        self._add(operation, faults.Drop(), region=region, matching=matching, times=times)

    def garble(self, operation: str, body: bytes = b"<html>no", *, times: int | None = None, region: str = "") -> None:
        """Answer *operation* with status 200 and *body*."""
        self._add(operation, faults.Garble(body=body), region=region, times=times)

    def _add(
        self,
        operation: str,
        effect: faults.Effect,
        *,
        region: str = "",
        matching: str = "",
        times: int | None = None,
        after: int = 0,
    ) -> None:
        fault = faults.Fault(
            operation=operation, effect=effect, region=region, matching=matching, times=times, after=after
        )
        self._faults.add(fault)

    # The server ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Listen on a free port of loopback, in a thread that dies with the program."""
        self._server = make_server(HOST, 0, self, threaded=True, request_handler=_Handler)
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Stop listening; hanging calls are let go."""
        self._released.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one HTTP request (WSGI)."""
        request = Request(environ)
        body = request.get_data(cache=True)
        try:
            call = wire.read(request)
        except AwsError as problem:
            start_response(f"{problem.status} {problem.code}", [("Content-Type", "text/plain")])
            return [problem.message.encode()]
        with self._lock:
            self._calls.append(call)
        reply = self._spoilt(call, environ) or self._reply(call, environ, body)
        headers = {**reply.headers, "Content-Length": str(len(reply.body))}
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", list(headers.items()))
        return [reply.body]

    def _spoilt(self, call: Call, environ: dict[str, Any]) -> Reply | None:
        """Let the faults that fit take effect; return the reply of one that makes its own."""
        now = self.world.now
        for effect in self._faults.met_by(call):
            match effect:
                case faults.Delay():
                    self._released.wait(effect.seconds)
                case faults.Hang():
                    self._released.wait(LONGEST_HANG)
                case faults.Drop():
                    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
                case faults.Garble():
                    return Reply(status=200, headers=wire.common_headers(call, now), body=effect.body)
                case faults.Refuse():
                    return wire.error(call, effect.problem(call), now)
        return None

    def _reply(self, call: Call, environ: dict[str, Any], body: bytes) -> Reply:
        world = self.world
        operation = OPERATIONS.get(f"{call.service}:{call.operation}")
        if operation is None or call.model is None:
            return self._backstage.reply(call, environ, body, world.account.id, world.now)
        try:
            with self._lock:
                result = operation(world, call)
            return wire.answer(call, call.model, result, world.now)
        except AwsError as problem:
            return wire.error(call, problem, world.now)


@contextmanager
def start_emulator(account: Account, clock: datetime) -> Generator[Emulator]:
    """Run an emulator of *account* whose time is *clock*, for as long as the context lasts."""
    emulator = Emulator(account, clock)
    emulator.start()
    try:
        yield emulator
    finally:
        emulator.stop()
