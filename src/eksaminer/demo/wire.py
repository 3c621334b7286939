"""Reads AWS requests and writes AWS answers and errors, in the protocol of each service, as botocore's models say."""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape

from botocore.exceptions import UnknownServiceError
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS, default_timestamp_parser
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import SerializationContext, get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from eksaminer.record import canonical_json, sha256

SCOPE = re.compile(r"Credential=([^/]*)/\d{8}/([^/]+)/([^/]+)/aws4_request")
SERVICE_BY_SIGNING_NAME = {"monitoring": "cloudwatch"}
ACTION_BY_OPERATION = {
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
}
"""Where the IAM action is named otherwise than the operation."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request, as a person would name it."""

    service: str
    operation: str
    region: str
    user_agent: str
    access_key: str
    protocol: str
    parameters: Mapping[str, Any]
    model: OperationModel | None = field(repr=False, compare=False)
    """None: botocore does not know the operation."""

    @property
    def action(self) -> str:
        """The IAM action that allows it, such as `eks:DescribeCluster`."""
        name = f"{self.service}:{self.operation}"
        return ACTION_BY_OPERATION.get(name, name)

    @property
    def parameter_text(self) -> str:
        """The parameters as canonical JSON: what `matching` of a fault looks at."""
        return canonical_json(self.parameters).decode()

    @property
    def request_id(self) -> str:
        """An id that depends on what was asked alone, so that reports can be compared byte for byte."""
        seed = f"{self.action} {self.region} {self.parameter_text}"
        return str(uuid.UUID(sha256(seed.encode())[:32], version=4))


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class AwsError(Exception):
    """An error as the API states it."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def read(request: Request) -> Call:
    """Recognise the operation of *request* and read its parameters."""
    found = SCOPE.search(request.headers.get("Authorization", ""))
    access_key, region, signing_name = found.groups() if found else ("", "us-east-1", "s3")
    service = SERVICE_BY_SIGNING_NAME.get(signing_name, signing_name)
    try:
        model = get_service_model(service)
    except UnknownServiceError:
        raise AwsError("UnknownService", f"There is no service {service!r}.", 404) from None
    protocol = determine_request_protocol(model, request.content_type)
    operation, path_parameters = _route(model, service, protocol, request)
    parameters: Mapping[str, Any] = {}
    if operation is not None:
        parser = PROTOCOL_PARSERS[protocol](operation, timestamp_parser=_timestamp)
        parameters = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": request.data,
                "url_path": request.path,
                "url_params": path_parameters,
            }
        )
    return Call(
        service=service,
        operation=str(operation.name) if operation is not None else f"{request.method} {request.path}",
        region=region,
        user_agent=request.headers.get("User-Agent", ""),
        access_key=access_key,
        protocol=protocol,
        parameters=parameters,
        model=operation,
    )


def _route(model: Any, service: str, protocol: str, request: Request) -> tuple[OperationModel | None, Any]:
    if protocol in {"query", "ec2"}:
        # The router would first build the models of all (hundreds of) operations.
        name = request.values.get("Action", "")
        return (model.operation_model(name) if name in model.operation_names else None), {}
    try:
        operation, path_parameters = get_service_router(service).match(request)
    except NotFound:
        return None, {}
    return operation, path_parameters


def _timestamp(value: Any) -> datetime:
    naive: datetime = default_timestamp_parser(value)
    return naive.replace(tzinfo=UTC)


def answer(call: Call, model: OperationModel, result: Mapping[str, Any], now: datetime) -> Reply:
    """Write *result* as the service would."""
    context = SerializationContext(call.request_id)
    serializer = get_serializer_class(call.service, call.protocol)(model, context=context)
    written = serializer.serialize(result)
    body = written["body"]
    return Reply(
        status=written["status_code"],
        headers={**written["headers"], **common_headers(call, now)},
        body=body.encode() if isinstance(body, str) else bytes(body),
    )


def common_headers(call: Call, now: datetime) -> dict[str, str]:
    """Return the headers of every answer: the request id by each of its names, and the emulator's time."""
    name = "x-amz-request-id" if call.service == "s3" else "x-amzn-RequestId"
    return {name: call.request_id, "Date": format_datetime(now.astimezone(UTC), usegmt=True)}


def error(call: Call, problem: AwsError, now: datetime) -> Reply:
    """Write *problem* as the service would."""
    body, headers = _ERRORS[call.protocol](call, problem)
    return Reply(status=problem.status, headers={**headers, **common_headers(call, now)}, body=body.encode())


def _json_error(call: Call, problem: AwsError) -> tuple[str, dict[str, str]]:
    metadata = call.model.service_model.metadata if call.model is not None else {}
    headers = {"Content-Type": f"application/x-amz-json-{metadata.get('jsonVersion', '1.1')}"}
    if "awsQueryCompatible" in metadata:
        headers["x-amzn-query-error"] = f"{problem.code};Sender"
    return json.dumps({"__type": problem.code, "message": problem.message}), headers


def _rest_json_error(_: Call, problem: AwsError) -> tuple[str, dict[str, str]]:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": problem.code}
    return json.dumps({"message": problem.message}), headers


def _query_error(call: Call, problem: AwsError) -> tuple[str, dict[str, str]]:
    namespace = call.model.service_model.metadata.get("xmlNamespace", "") if call.model is not None else ""
    return (
        f'<ErrorResponse xmlns="{escape(namespace)}"><Error><Type>Sender</Type><Code>{escape(problem.code)}</Code>'
        f"<Message>{escape(problem.message)}</Message></Error>"
        f"<RequestId>{call.request_id}</RequestId></ErrorResponse>"
    ), {"Content-Type": "text/xml"}


def _ec2_error(call: Call, problem: AwsError) -> tuple[str, dict[str, str]]:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Response><Errors><Error><Code>{escape(problem.code)}</Code>"
        f"<Message>{escape(problem.message)}</Message></Error></Errors>"
        f"<RequestID>{call.request_id}</RequestID></Response>"
    ), {"Content-Type": "text/xml"}


def _s3_error(call: Call, problem: AwsError) -> tuple[str, dict[str, str]]:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{escape(problem.code)}</Code><Message>{escape(problem.message)}</Message>"
        f"<RequestId>{call.request_id}</RequestId><HostId>demo</HostId></Error>"
    ), {"Content-Type": "application/xml"}


_ERRORS = {
    "json": _json_error,
    "rest-json": _rest_json_error,
    "query": _query_error,
    "ec2": _ec2_error,
    "rest-xml": _s3_error,
}
