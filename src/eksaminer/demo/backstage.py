"""Moto behind the emulator: it answers the operations that the emulator does not know itself."""

import io
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from eksaminer.demo.wire import Call, Reply, common_headers

REQUEST_ID = re.compile(rb"(<(RequestId|RequestID|requestId)>)[^<]*(</)")


class Backstage:
    """Moto's server as a function from request to reply."""

    def __init__(self) -> None:
        BackendDict.reset()  # moto's state is one for the whole process
        self._application = DomainDispatcherApplication(create_backend_app)

    def reply(self, call: Call, environ: dict[str, Any], body: bytes, account: str, now: datetime) -> Reply:
        """Let moto answer, as *account*; its random request ids and its clock are replaced by ours."""
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            started.append((status, headers))

        inner = {
            **environ,
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_X_MOTO_ACCOUNT_ID": account,
        }
        chunks: Iterable[bytes] = self._application(inner, start_response)
        answered = b"".join(chunks)
        status, headers = started[-1]
        identifier = call.request_id.encode()
        kept = {name: value for name, value in headers if name.lower() not in _OURS}
        return Reply(
            status=int(status.split()[0]),
            headers={**kept, **common_headers(call, now)},
            body=REQUEST_ID.sub(rb"\g<1>" + identifier + rb"\g<3>", answered),
        )


_OURS = {"content-length", "date", "connection", "x-amzn-requestid", "x-amz-request-id"}
