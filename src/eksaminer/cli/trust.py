"""`eksaminer trust`: who can assume this role?"""

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import click

from eksaminer.cli.console import Console, printable
from eksaminer.cli.options import JSON
from eksaminer.errors import InputError

if TYPE_CHECKING:
    from eksaminer.trust import TrustPolicy

STDIN = "-"
WIDER = 1
MOST_BYTES = 1_000_000
"""More than any file that holds one policy."""
_OF_AWS = "arn:"
_BRACE = "%7B"
_ROLE = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/[\w+=,.@/-]{1,600}")


@click.command("trust")
@click.argument("policy")
@click.option(
    "--provider", metavar="ARN",
    help="Judge as seen from this identity provider. Default: every one that the policy names.",
)  # fmt: skip
@click.option("--try", "tried", multiple=True, metavar="NS/SA", help="Ask about this service account; repeatable.")
@click.option(
    "--audience", default="sts.amazonaws.com", show_default=True, metavar="TEXT", help="The audience of the tokens."
)
@click.option("--profile", default="", metavar="NAME", help="Profile of the AWS configuration, for a role's ARN.")
@click.option("--role-arn", default="", metavar="ARN", help="Role to assume for reading.")
@JSON
def command(
    policy: str,
    provider: str | None,
    tried: tuple[str, ...],
    audience: str,
    *,
    profile: str,
    role_arn: str,
    as_json: bool,
) -> int:
    """Say exactly who can assume a role.

    POLICY is a file with the trust policy as JSON, or with what `aws iam get-role` prints; - is stdin. The ARN of
    a role reads its trust policy from AWS (iam:GetRole).

    \b
    Exit codes:
      0    by web identity nobody can assume it besides those that it names
      1    others can, or it is too complex to tell
      2    wrong usage
      4    the input is no trust policy
    """  # noqa: D301 - click's mark for a paragraph that keeps its lines
    from eksaminer.cli.trust_text import as_text  # noqa: PLC0415 - `--help` does without it
    from eksaminer.record import canonical_json  # noqa: PLC0415 - as above
    from eksaminer.trust import examine  # noqa: PLC0415 - as above

    subjects = tuple(_subject(name) for name in tried)
    providers = (_provider(provider),) if provider else ()
    text = _live(policy, profile, role_arn) if policy.startswith(_OF_AWS) else _text(policy)
    examined = examine(_policy(policy, text), providers, audience, subjects)
    console = Console(data_only=as_json)
    if as_json:
        console.data(canonical_json(examined))
    else:
        console.say(printable(as_text(examined)))
    return WIDER if examined.is_wider else 0


def _subject(name: str) -> str:
    from eksaminer.trust import parts, subject_of  # noqa: PLC0415 - `--help` does without it

    subject = subject_of(*name.split("/")) if name.count("/") == 1 else ""
    if parts(subject) is None:
        raise click.BadParameter(f"{name!r} is no service account: write NAMESPACE/NAME.", param_hint="--try")
    return subject


def _provider(arn: str) -> str:
    if not arn.startswith("arn:") or ":oidc-provider/" not in arn:
        raise click.BadParameter(
            f"{arn!r} is no ARN of an identity provider (arn:aws:iam::ACCOUNT:oidc-provider/ISSUER).",
            param_hint="--provider",
        )
    return arn


def _live(arn: str, profile: str, role_arn: str) -> str:
    from eksaminer.collect.role import fetch_trust_policy  # noqa: PLC0415 - `--help` does without it

    if not _ROLE.fullmatch(arn):
        raise click.BadParameter(f"{arn!r} is no ARN of a role (arn:aws:iam::ACCOUNT:role/NAME).", param_hint="POLICY")
    return fetch_trust_policy(arn, profile=profile, role_arn=role_arn)


def _policy(path: str, text: str) -> "TrustPolicy":
    from eksaminer.trust import TrustPolicy, TrustPolicyError  # noqa: PLC0415 - `--help` does without it

    name = "stdin" if path == STDIN else path
    try:
        return TrustPolicy.from_document(_unwrapped(text))
    except TrustPolicyError as error:
        raise InputError(f"{name} cannot be read as a trust policy. {error}") from error


def _text(path: str) -> str:
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise InputError(f"{path} is larger than {MOST_BYTES:,} bytes: that is not one trust policy.")
        return data.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"There is no file {path}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text in UTF-8.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def _unwrapped(text: str) -> str:
    """Return the policy, out of what IAM or `aws iam get-role` gives around it (IAM itself: with `%7B` for a brace).

    A doubtful wrapping is left to be refused.
    """
    try:
        data: Any = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return text
    role = data.get("Role", data) if isinstance(data, dict) else data
    if isinstance(role, dict) and "AssumeRolePolicyDocument" in role:
        document = role["AssumeRolePolicyDocument"]
        text = document if isinstance(document, str) else json.dumps(document)
        return unquote(text) if text[:3].upper() == _BRACE else text
    return text


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice: the last one would win in silence."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found
