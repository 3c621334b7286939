"""Options that several commands share, each group as one value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any, Literal, TypeVar

import click

from eksaminer.cli.times import Moment, MomentType, SpanType

Command = TypeVar("Command", bound=Callable[..., Any])

PATH = click.Path(path_type=Path)


PASSPHRASE = "EKSAMINER_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable, not what it holds
"""The variable with the passphrase of a private key: a command line can be read by others of the machine."""

Threshold = Literal["critical", "high", "medium", "low", "none"]


class ListType(click.ParamType[tuple[str, ...]]):
    """Names with commas between them."""

    name = "list"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Read a list."""
        if isinstance(value, tuple):
            return value
        names = tuple(name.strip() for name in str(value).split(",") if name.strip())
        if not names:
            self.fail("the list is empty.", param, ctx)
        return tuple(dict.fromkeys(names))


LIST = ListType()
MOMENT = MomentType()
SPAN = SpanType()


@dataclass(frozen=True, slots=True, kw_only=True)
class Collecting:
    """What to read."""

    cluster: tuple[str, ...]
    region: tuple[str, ...]
    profile: str
    role_arn: str
    kubernetes: Literal["auto", "off"]
    no_kubernetes: bool
    kubeconfig: str
    context: tuple[str, ...]
    kubernetes_dump: tuple[str, ...]
    logs: tuple[str, ...]
    baseline: tuple[str, ...]
    cloudtrail: tuple[str, ...]
    no_live_logs: bool
    log_types: bool
    max_scan_gb: float
    period: timedelta
    since: Moment | None
    until: Moment | None
    deadline: timedelta | None
    plan: bool


COLLECTING = (
    click.option(
        "--cluster", multiple=True, metavar="CLUSTER", help="NAME, REGION/NAME or ARN; repeatable. Default: all."
    ),
    click.option(
        "--region", multiple=True, metavar="REGION", help="Repeatable. Default: all that the account has enabled."
    ),
    click.option("--profile", default="", metavar="NAME", help="Profile of the AWS configuration."),
    click.option("--role-arn", default="", metavar="ARN", help="Role to assume for reading."),
    click.option(
        "--kubernetes",
        type=click.Choice(["auto", "off"]),
        default="auto",
        show_default=True,
        help="auto: ask the cluster's API, with a token of the AWS session or a kubeconfig context of the same server.",
    ),
    click.option("--no-kubernetes", is_flag=True, help="The same as --kubernetes off."),
    click.option("--kubeconfig", default="", metavar="FILE", help="Default: KUBECONFIG, then ~/.kube/config."),
    click.option("--context", multiple=True, metavar="[CLUSTER=]NAME", help="Context of the kubeconfig; repeatable."),
    click.option(
        "--kubernetes-dump",
        multiple=True,
        metavar="[CLUSTER=]DIR",
        help="Folder of `kubectl get -o json` files instead of the API; repeatable.",
    ),
    click.option(
        "--logs",
        multiple=True,
        metavar="[CLUSTER=]PATH",
        help="Exported audit log (file, folder, glob) instead of CloudWatch; repeatable.",
    ),
    click.option(
        "--baseline",
        multiple=True,
        metavar="[CLUSTER=]PATH",
        help="Earlier period to compare with: audit log, run directory, assessment or scan --json; repeatable.",
    ),
    click.option(
        "--cloudtrail",
        multiple=True,
        metavar="PATH",
        help="Files of CloudTrail (file, folder, glob, s3://BUCKET/PREFIX), which LookupEvents then only completes; "
        "repeatable.",
    ),
    click.option(
        "--no-live-logs", is_flag=True, help="Do not query audit logs in CloudWatch, nor events in CloudTrail."
    ),
    click.option(
        "--log-types",
        is_flag=True,
        help="Ask, by queries that cost money, what each log type makes of the logs, and which clients, users, verbs "
        "and resources make the audit logs large (chapter on cost).",
    ),
    click.option(
        "--max-scan-gb",
        metavar="GB",
        type=click.FloatRange(min=0),
        default=20.0,
        show_default=True,
        help="Gigabytes of CloudWatch logs that may be scanned in all.",
    ),
    click.option("--period", type=SPAN, default="90d", show_default=True, help="Period of the configuration history."),
    click.option(
        "--since",
        type=MOMENT,
        help="Start of the events: 24h or 7d (ago), or ISO 8601 with an offset. Default: 24h; of files all.",
    ),
    click.option("--until", type=MOMENT, help="End of the events. Default: now; of files the last event."),
    click.option(
        "--deadline", type=SPAN, metavar="TIME", help="Stop reading after this long; the rest is reported as not seen."
    ),
    click.option("--plan", is_flag=True, help="Print what would be read, its cost and permissions; read nothing else."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """Where configuration and rules come from."""

    config: Path | None
    rules: tuple[Path, ...]


RULES = click.option(
    "--rules", type=PATH, multiple=True, metavar="DIR", help="Folder of further detection rules; repeatable."
)

CONFIGURED = (
    click.option("--config", type=PATH, metavar="FILE", help="Default: eksaminer.toml of this folder, if it is there."),
    RULES,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """What to judge, and what makes the run fail."""

    checks: tuple[str, ...]
    skip_checks: tuple[str, ...]
    framework: str
    prices: Path | None
    waivers: Path | None
    gate: Literal["config", "all"] | None
    fail_on: Threshold | None
    allow_incomplete: bool


FAIL_ON = click.option(
    "--fail-on",
    type=click.Choice(["critical", "high", "medium", "low", "none"]),
    help="Lowest severity of a FAIL that gives exit code 1. Default: high.",
)

JUDGING = (
    click.option(
        "--checks", type=LIST, default=(), metavar="IDS", help="Checks to run: 'LOG-*,CT-0[1-4]'. Default: all."
    ),
    click.option("--skip-checks", type=LIST, default=(), metavar="IDS", help="Checks to leave out."),
    click.option(
        "--framework",
        default="",
        metavar="NAME",
        help="Take the retention that a framework asks for: pci-dss, hipaa, fedramp, … (README).",
    ),
    click.option("--prices", type=PATH, metavar="FILE", help="Negotiated prices of CloudWatch Logs, as TOML."),
    click.option(
        "--waivers", type=PATH, metavar="FILE", help="Accepted risks and reviewers' answers, as TOML, besides --config."
    ),
    click.option(
        "--gate",
        type=click.Choice(["config", "all"]),
        help="What can fail the run. config: everything but META-* and rules. Default: config.",
    ),
    FAIL_ON,
    click.option("--allow-incomplete", is_flag=True, help="Exit 0 instead of 3 where something could not be assessed."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What to write, and where."""

    output: Path | None
    formats: tuple[str, ...]
    languages: tuple[str, ...]
    quiet: bool


OUTPUT = (
    click.option(
        "-o",
        "--output",
        type=PATH,
        metavar="DIR",
        help="The run directory; absent or empty. Default: eksaminer-TIME-RUN.",
    ),
    click.option(
        "--format",
        "formats",
        type=LIST,
        default=(),
        metavar="LIST",
        help="Comma list of html, pdf, json, csv, hits, md. Default: html,pdf,json.",
    ),
    click.option(
        "--lang",
        "languages",
        type=LIST,
        default=(),
        metavar="LIST",
        help="Languages of the reports and of the summary: en, zh-TW, or both. Default: en.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="Print nothing but data and what went wrong."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """What a run is tied to, and who answers for it."""

    previous: Path | None
    sign_key: str
    sign_pdf: Path | None


SEALING = (
    click.option(
        "--previous",
        type=PATH,
        metavar="PATH",
        help="The run before this one (its directory, assessment.json or manifest.json): the digest of its manifest "
        "is recorded.",
    ),
    click.option(
        "--sign-key",
        default="",
        metavar="KEY",
        help="Sign the manifest and the reports with this key: a private key in PEM (passphrase: "
        f"{PASSPHRASE}, or asked for), or a KMS key as awskms:///ARN or awskms:///alias/NAME.",
    ),
    click.option(
        "--sign-pdf",
        type=PATH,
        metavar="CERT",
        help="Sign the PDF itself, too (PAdES): the certificate of --sign-key in PEM, its issuers after it. "
        "Takes the extra sign.",
    ),
)

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, to stdout.")


def group(kind: type[Any], name: str, options: Sequence[Callable[[Any], Any]]) -> Callable[[Command], Command]:
    """Add *options* to a command, and hand their values to it as one *kind* named *name*."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def call(*args: Any, **given: Any) -> Any:
            values = {item.name: given.pop(item.name) for item in fields(kind)}
            return command(*args, **{name: kind(**values)}, **given)

        decorated: Any = call
        for option in reversed(options):
            decorated = option(decorated)
        result: Command = decorated
        return result

    return decorate
