"""The one place where an exception becomes a gap: why a part could not be seen, and what would cure it."""

import re
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    CredentialRetrievalError,
    HTTPClientError,
    LoginError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.parsers import ResponseParserError

from eksaminer.collect.errors import NO_CREDENTIALS, CredentialsError, UnreachableError
from eksaminer.collect.operations import BOTOCORE_FLOOR
from eksaminer.collect.session import (
    BROKEN_PROFILE,
    CallFailed,
    DeadlineError,
    InterruptedRunError,
    SameTokenError,
    UnknownOperationError,
    broken_profile,
)
from eksaminer.errors import EksaminerError
from eksaminer.gap import Cause, Gap

T = TypeVar("T")

DENIED = frozenset(
    {
        "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError",
        "AuthorizationErrorException", "UnauthorizedAccess", "NotAuthorized", "ForbiddenException",
    }
)  # fmt: skip
EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired", "UnauthorizedException"}
)
THROTTLED = frozenset(
    {
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "RequestThrottled",
        "TooManyRequestsException", "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException",
        "ProvisionedThroughputExceededException", "EC2ThrottledException", "SlowDown", "PriorRequestNotComplete",
    }
)  # fmt: skip
UNKNOWN_HERE = frozenset(
    {
        "UnrecognizedClientException", "InvalidClientTokenId", "OptInRequired", "AuthFailure",
        "SubscriptionRequiredException",
    }
)  # fmt: skip
"""The credentials are good elsewhere: this region (or service) is not enabled for the account."""
GONE = frozenset(
    {
        "ResourceNotFoundException", "TrailNotFoundException", "NotFoundException", "NoSuchEntity", "NoSuchBucket",
        "NoSuchKey",
    }
)  # fmt: skip
CLOCK = frozenset({"SignatureDoesNotMatch", "InvalidSignatureException", "RequestTimeTooSkewed"})

_POLICIES = (
    ("service control policy", "a service control policy of the organisation, which no IAM policy can override"),
    ("resource control policy", "a resource control policy of the organisation"),
    ("permissions boundary", "the permissions boundary of the identity"),
    ("session policy", "the policy of the session"),
    ("vpc endpoint policy", "the policy of a VPC endpoint"),
    ("resource-based policy", "a resource-based policy"),
    ("identity-based policy", "the identity's own policies"),
)
_ACTION = re.compile(r"not authorized to perform: ([a-z0-9-]{2,40}:[A-Za-z]{2,80})\b")


class MissingError(Exception):
    """A part cannot be read; the gap says why."""

    def __init__(self, gap: Gap) -> None:
        super().__init__(gap.detail)
        self.gap = gap


def attempt(read: Callable[[], T], what: str) -> T | Gap:
    """Return what *read* gives, or the gap that its error makes; *what* names it for the reader.

    Raises:
        EksaminerError: What the user gave cannot be used; the run ends.
    """
    try:
        return read()
    except EksaminerError:
        raise
    except MissingError as missing:
        return missing.gap
    except CallFailed as failed:
        return gap_of(failed)
    except Exception as error:  # noqa: BLE001 - collectors turn every error into a gap, here alone
        return Gap(cause=Cause.ERROR, detail=_not_understood(what, error))


def _not_understood(what: str, error: Exception) -> str:
    if isinstance(error, KeyError) and error.args:
        return f"The answer about {what} lacks {error.args[0]}: something between may have changed it."
    return f"The answer about {what} could not be understood ({type(error).__name__}: {error})."


def gap_of(failed: CallFailed) -> Gap:
    """Return the gap that a failed call leaves."""
    cause, detail = _classified(failed)
    permission = _denied_action(failed) if cause is Cause.DENIED else ""
    return Gap(
        cause=cause,
        detail=detail,
        permission=permission,
        sources=(failed.source,) if failed.source else (),
    )


def fatal(failed: CallFailed) -> EksaminerError:
    """Return the error that ends the run, if its very first call fails for the reason of *failed*."""
    if isinstance(failed.error, NoCredentialsError | PartialCredentialsError):
        return CredentialsError("There are no AWS credentials.", NO_CREDENTIALS)
    if isinstance(failed.error, BROKEN_PROFILE):
        return broken_profile(failed.error)
    cause, detail = _classified(failed)
    if cause is Cause.EXPIRED:
        return CredentialsError(detail)
    if cause in {Cause.UNREACHABLE, Cause.TIMEOUT} and failed.code not in UNKNOWN_HERE and failed.source:
        return UnreachableError(detail, "Check the network, the proxy and AWS_ENDPOINT_URL.")
    if failed.code in UNKNOWN_HERE | CLOCK:
        return CredentialsError(
            f"AWS does not accept the credentials{_of_profile(failed.profile)} ({failed.code}).",
            "Check that they are active, and that the clock of this machine is right.",
        )
    denied = cause is Cause.DENIED
    return CredentialsError(detail, "The run needs an identity that may call it.") if denied else EksaminerError(detail)


def login_advice(profile: str) -> str:
    """Return how to renew a session."""
    name = f" --profile {profile}" if profile else ""
    return f"Sign in again: aws sso login{name} (or renew the credentials), then repeat the run."


def _classified(failed: CallFailed) -> tuple[Cause, str]:
    if isinstance(failed.error, ClientError):
        for codes, describe in _ANSWERS:
            if failed.code in codes:
                return describe(failed)
        return _other_answer(failed)
    known = (item[1:] for item in _ERRORS if isinstance(failed.error, item[0]))
    cause, sentence = next(known, (Cause.ERROR, "{key}{where} could not be called: {error}."))
    words = {"key": failed.operation.key, "where": _where(failed), "error": _short(failed.error)}
    return cause, sentence.format(**words, whose=_of_profile(failed.profile), login=login_advice(failed.profile))


def _denied(failed: CallFailed) -> tuple[Cause, str]:
    message = _message(failed).lower()
    action, where = _denied_action(failed), _where(failed)
    policy = next((text for words, text in _POLICIES if words in message), "")
    if not policy:
        return Cause.DENIED, f"{action} was denied{where}; AWS does not say by which policy."
    if "explicit deny" in message:
        return Cause.DENIED, f"{action} was denied{where}: {policy} forbids it expressly."
    return Cause.DENIED, f"{action} was denied{where}: no statement allows it in {policy}."


def _expired(failed: CallFailed) -> tuple[Cause, str]:
    return Cause.EXPIRED, f"The credentials{_of_profile(failed.profile)} have expired. {login_advice(failed.profile)}"


def _throttled(failed: CallFailed) -> tuple[Cause, str]:
    metadata = failed.response.get("ResponseMetadata", {})
    times = metadata.get("RetryAttempts", 0) + 1
    said = f"AWS throttled {failed.operation.key}{_where(failed)}, {times} times."
    return Cause.THROTTLED, f"{said} Run again later."


def _not_enabled(failed: CallFailed) -> tuple[Cause, str]:
    said = f"{failed.region} does not accept the credentials ({failed.code} from {failed.operation.key})"
    return Cause.UNREACHABLE, f"{said}: the region, or the service there, is not enabled for this account."


def _gone(failed: CallFailed) -> tuple[Cause, str]:
    if failed.operation.key in ("eks:DescribeCluster", "eks:DescribeUpdate"):
        said = f"The cluster {failed.about} in {failed.region} does not exist (any more)"
        return Cause.GONE, f"{said}: it may have been deleted during the run."
    return Cause.GONE, f"{failed.operation.key}{_where(failed)}: it does not exist (any more)."


def _clock(failed: CallFailed) -> tuple[Cause, str]:
    said = f"AWS refused the signature of {failed.operation.key}{_where(failed)} ({failed.code})"
    return Cause.ERROR, f"{said}: check the clock of this machine and the secret key."


def _other_answer(failed: CallFailed) -> tuple[Cause, str]:
    said = f"AWS answered {failed.operation.key}{_where(failed)} with {failed.code}: {_message(failed)}"
    return Cause.ERROR, said.rstrip(": .") + "."


_ANSWERS: tuple[tuple[frozenset[str], Callable[[CallFailed], tuple[Cause, str]]], ...] = (
    (DENIED, _denied),
    (EXPIRED, _expired),
    (THROTTLED, _throttled),
    (UNKNOWN_HERE, _not_enabled),
    (GONE, _gone),
    (CLOCK, _clock),
)
_NO_SESSION = (SSOError, TokenRetrievalError, LoginError, CredentialRetrievalError, NoCredentialsError)
_NO_CONNECTION = (NoConnectionError, ConnectionClosedError, HTTPClientError)
NOT_AWS = "What answered {key}{where} is not AWS: perhaps a proxy, or the sign-in page of a network."
_ERRORS: tuple[tuple[tuple[type[Exception], ...], Cause, str], ...] = (
    ((InterruptedRunError,), Cause.ERROR, "The run was interrupted before {key}{where} was called."),
    ((DeadlineError,), Cause.TIMEOUT, "The deadline passed before {key}{where} was called: raise --deadline."),
    (
        (UnknownOperationError,),
        Cause.UNSUPPORTED,
        f"The installed botocore {{error}} does not know {{key}}: install boto3 {BOTOCORE_FLOOR} or newer.",
    ),
    ((SameTokenError,), Cause.ERROR, "AWS gave the same page of {key}{where} twice: the list has no end."),
    (_NO_SESSION, Cause.EXPIRED, "The session{whose} has expired or cannot be used ({error}). {login}"),
    ((ReadTimeoutError,), Cause.TIMEOUT, "AWS did not answer {key}{where} in time."),
    (_NO_CONNECTION, Cause.UNREACHABLE, "AWS could not be reached for {key}{where}: {error}."),
    ((ResponseParserError,), Cause.UNREACHABLE, NOT_AWS),
)
"""Errors without an answer; the first that fits."""


def _denied_action(failed: CallFailed) -> str:
    """The action that AWS names, if it is one of the same service, or of an object's key; else the operation's own."""
    named = _ACTION.search(_message(failed))
    own = failed.operation.permission
    if named and named[1].split(":")[0] in {own.split(":")[0], "kms" if own.startswith("s3:") else ""}:
        return named[1]
    return own


def _where(failed: CallFailed) -> str:
    about = f" for {failed.about}" if failed.about else ""
    return f"{about} in {failed.region}"


def _of_profile(profile: str) -> str:
    return f" of the profile {profile}" if profile else ""


def _message(failed: CallFailed) -> str:
    return str(failed.response.get("Error", {}).get("Message", ""))[:1000]


def _short(error: Exception) -> str:
    return (str(error) or type(error).__name__).split("\n", maxsplit=1)[0][:300].rstrip(".")
