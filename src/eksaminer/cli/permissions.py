"""`eksaminer permissions`: the least privilege that collecting takes, made from what it reads."""

import json

import click

from eksaminer.cli.console import Console
from eksaminer.cli.options import LIST

TIERS = ("config", "activity")
"""Printed unless others are asked for."""
EVERY = (*TIERS, "files", "signing")

KUBERNETES_INTRODUCTION = """\
# What eksaminer reads of a cluster: it lists, and gets one ConfigMap. No Secret, no write.
# Apply it, then put the identity that runs eksaminer into the group:
#   aws eks create-access-entry --cluster-name CLUSTER --principal-arn ARN --kubernetes-groups eksaminer
"""


@click.group("permissions", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Print the least privilege that collecting takes.

    Without a subcommand: both, the IAM policy first.
    """
    if context.invoked_subcommand is None:
        context.invoke(iam, tier=TIERS)
        context.invoke(kubernetes)


@command.command("iam")
@click.option(
    "--tier", type=LIST, default=TIERS, metavar="LIST",
    help="config: settings. activity: reading the audit log and CloudTrail. files: reading CloudTrail files from S3. "
    "signing: a KMS key for --sign-key. "
    "Default: config,activity.",
)  # fmt: skip
def iam(tier: tuple[str, ...]) -> None:
    """Print an IAM policy as JSON."""
    from eksaminer.cli.privileges import iam_policy, iam_statement  # noqa: PLC0415 - `--help` does without it

    for name in tier:
        if name not in EVERY:
            raise click.BadParameter(f"{name!r} is no tier: write {' or '.join(EVERY)}.", param_hint="--tier")
    statements = [iam_statement(f"Eksaminer{name.capitalize()}", actions(name)) for name in EVERY if name in tier]
    Console().data(json.dumps(iam_policy(statements), indent=2).encode())


@command.command("kubernetes")
def kubernetes() -> None:
    """Print the RBAC roles and bindings as YAML."""
    import yaml  # noqa: PLC0415 - `--help` does without it

    from eksaminer.cli.privileges import rbac_documents  # noqa: PLC0415 - as above

    Console().data((KUBERNETES_INTRODUCTION + yaml.safe_dump_all(rbac_documents(), sort_keys=False)).rstrip().encode())


def actions(tier: str) -> frozenset[str]:
    """Return the IAM actions of *tier*: those of the allow-list, and those that its sections name."""
    from eksaminer.collect.operations import OPERATIONS  # noqa: PLC0415 - `--help` does without it
    from eksaminer.evidence.sections import SECTIONS  # noqa: PLC0415 - as above

    called = {item.permission for item in OPERATIONS.values() if item.tier == tier and item.service != "sts"}
    named = {name for section in SECTIONS.values() if section.tier == tier for name in section.permissions}
    return frozenset(called | {name for name in named if ":" in name})
