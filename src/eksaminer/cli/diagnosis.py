"""What `eksaminer doctor` looks at."""

import os
import platform
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Literal

import botocore.exceptions
import botocore.session

from eksaminer.collect.aws.account import read_identity
from eksaminer.collect.clock import SystemClock
from eksaminer.collect.errors import NO_CREDENTIALS
from eksaminer.collect.gaps import fatal
from eksaminer.collect.kubernetes_connect import read_kubeconfig
from eksaminer.collect.operations import BOTOCORE_FLOOR
from eksaminer.collect.session import Aws, CallFailed, Settings
from eksaminer.errors import EksaminerError
from eksaminer.render.pdf import INSTALL, pdf_problem

OLDEST_PYTHON = (3, 11)
PACKAGES = ("boto3", "duckdb", "kubernetes", "jinja2", "weasyprint", "msgspec")
FALLBACK_REGION = "us-east-1"
RUN_ID = "000000000000"

WITHOUT_CALLS: Mapping[str, str] = {
    "env": "the environment variables",
    "assume-role": "a role that the profile assumes",
    "assume-role-with-web-identity": "a web identity token (IRSA, OIDC)",
    "sso": "IAM Identity Center (SSO)",
    "login": "a console sign-in (`aws login`)",
    "shared-credentials-file": "the shared credentials file",
    "config-file": "the AWS configuration file",
}
"""Providers of botocore that look at files and variables alone; the others call a service or run a program."""


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that was looked at."""

    state: Literal["ok", "note", "problem"]
    """problem: the main job cannot run."""
    subject: str
    detail: str
    remedy: str = ""


def examine(profile: str, *, online: bool) -> Iterator[Result]:
    """Look at everything, in the order of a run."""
    yield _python()
    yield from (_package(name) for name in PACKAGES)
    yield _pdf()
    yield _emulator()
    yield _identity(profile) if online else _credentials(profile)
    yield _kubeconfig()


def _python() -> Result:
    if sys.version_info[:2] < OLDEST_PYTHON:
        return Result("problem", "Python", platform.python_version(), "Install Python 3.11 or newer.")
    return Result("ok", "Python", platform.python_version())


def _package(name: str) -> Result:
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Result(
            "problem", name, "not installed", "Install eksaminer with its dependencies: pip install eksaminer."
        )
    if name == "boto3" and _numbers(version) < _numbers(BOTOCORE_FLOOR):
        remedy = f"Install boto3 {BOTOCORE_FLOOR} or newer."
        return Result("problem", name, f"{version} does not know all that is read", remedy)
    return Result("ok", name, version)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def _pdf() -> Result:
    problem = pdf_problem()
    if problem:
        return Result("note", "PDF", f"cannot be made, everything else can: {problem}", INSTALL)
    return Result("ok", "PDF", "can be made; the fonts are part of the program")


def _emulator() -> Result:
    try:
        return Result("ok", "demo", f"moto {metadata.version('moto')}")
    except metadata.PackageNotFoundError:
        return Result(
            "note", "demo", "the AWS emulator is not installed", "For the demo: pip install 'eksaminer[demo]'."
        )


def _credentials(profile: str) -> Result:
    """Say where credentials come from, without calling anything for them."""
    session = botocore.session.Session(profile=profile or None)
    try:
        origin = _origin(session)
    except botocore.exceptions.ProfileNotFound as error:
        return Result("problem", "AWS credentials", f"{error}.", "`aws configure list-profiles` lists the profiles.")
    except botocore.exceptions.BotoCoreError as error:
        return Result("problem", "AWS credentials", f"{error}".rstrip(".") + ".", NO_CREDENTIALS)
    if origin:
        return Result("ok", "AWS credentials", f"from {origin}", "Whether AWS accepts them: eksaminer doctor --online.")
    return Result("problem", "AWS credentials", "there are none that can be seen without a call", NO_CREDENTIALS)


def _origin(session: Any) -> str:
    for provider in session.get_component("credential_provider").providers:
        if provider.METHOD in WITHOUT_CALLS and provider.load() is not None:
            return WITHOUT_CALLS[provider.METHOD]
    if session.get_scoped_config().get("credential_process"):
        return "a program that the profile names (credential_process)"
    if any(
        name in os.environ for name in ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
    ):
        return "the container (ECS, EKS Pod Identity)"
    return ""


def _identity(profile: str) -> Result:
    try:
        aws = Aws(Settings(run_id=RUN_ID, profile=profile, attempts=2), SystemClock())
        identity, _ = read_identity(aws, aws.region or FALLBACK_REGION)
    except CallFailed as failed:
        return _refused(fatal(failed))
    except EksaminerError as error:
        return _refused(error)
    return Result("ok", "AWS credentials", f"AWS knows them as {identity.arn}")


def _refused(error: EksaminerError) -> Result:
    return Result("problem", "AWS credentials", *error.diagnostics())


def _kubeconfig() -> Result:
    try:
        found = read_kubeconfig()
    except EksaminerError as error:
        return Result("note", "kubeconfig", *error.diagnostics())
    if not found.servers:
        return Result("note", "kubeconfig", "none; clusters are asked with a token of the AWS session")
    return Result("ok", "kubeconfig", f"{found.path} (contexts: {len(found.servers)})")
