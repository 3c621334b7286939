"""From the options of the command line to what collecting is asked for."""

from dataclasses import fields
from datetime import datetime, timedelta
from math import isfinite

import click
from click.core import ParameterSource

from eksaminer.cli.options import Collecting
from eksaminer.cli.times import window
from eksaminer.collect.request import CollectRequest, OutOfScope
from eksaminer.config import ScopeTable
from eksaminer.errors import UsageError

DAY = timedelta(days=1)
ACTIONS = frozenset({"plan"})
"""Options that say what to do, not what to read."""


def request_of(given: Collecting, scope: ScopeTable, now: datetime) -> CollectRequest:
    """Return what *given* and the configuration ask for. Raises `UsageError` for what contradicts itself."""
    since, until = window(given.since, given.until, now)
    if given.logs and given.no_live_logs:
        raise UsageError("--logs and --no-live-logs: with --logs nothing is read from CloudWatch.", "Leave one out.")
    if given.period < DAY:
        raise UsageError("--period is shorter than a day.", "Write 90d, say.")
    if not isfinite(given.max_scan_gb):
        raise UsageError(f"--max-scan-gb {given.max_scan_gb} is no limit.", "Write a number of gigabytes.")
    if (given.no_kubernetes or given.kubernetes == "off") and (given.context or given.kubernetes_dump):
        raise UsageError("--no-kubernetes leaves nothing to read for --context or --kubernetes-dump.", "Leave one out.")
    return CollectRequest(
        clusters=given.cluster or scope.clusters,
        accounts=scope.accounts,
        regions=given.region or scope.regions,
        profile=given.profile,
        role_arn=given.role_arn,
        out_of_scope=tuple(OutOfScope(what=item.name, reason=item.reason) for item in scope.out_of_scope),
        kubernetes="off" if given.no_kubernetes else given.kubernetes,
        kubeconfig=given.kubeconfig,
        contexts=given.context,
        kubernetes_dumps=given.kubernetes_dump,
        logs=given.logs,
        baselines=given.baseline,
        cloudtrail=given.cloudtrail,
        live_logs=not given.no_live_logs,
        log_types=given.log_types,
        max_scan_gb=given.max_scan_gb,
        since=since,
        until=until,
        period=given.period,
        deadline=given.deadline,
        options=_named(given),
    )


def _named(given: Collecting) -> tuple[tuple[str, str], ...]:
    """Return the options that were given, as the report prints them."""
    context = click.get_current_context(silent=True)
    return tuple(
        (f"--{item.name.replace('_', '-')}", _shown(getattr(given, item.name)))
        for item in fields(Collecting)
        if item.name not in ACTIONS
        and context is not None
        and context.get_parameter_source(item.name) is ParameterSource.COMMANDLINE
    )


def _shown(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(str(item) for item in value)  # pyright: ignore[reportUnknownVariableType] - strings all
        case _:
            return str(value)
