"""One role, read for `eksaminer trust`."""

import secrets

from eksaminer.collect.aws.iam import trust_document
from eksaminer.collect.aws.reader import Reader
from eksaminer.collect.clock import Clock, SystemClock
from eksaminer.collect.discovery import DEFAULT_REGION
from eksaminer.collect.errors import SelectionError
from eksaminer.collect.gaps import fatal
from eksaminer.collect.session import Aws, CallFailed, Settings


def fetch_trust_policy(arn: str, *, profile: str = "", role_arn: str = "", clock: Clock | None = None) -> str:
    """Return the trust policy of a role as JSON.

    Raises:
        EksaminerError: It cannot be read, or the credentials belong to another account.
    """
    aws = Aws(
        Settings(run_id=secrets.token_hex(6), profile=profile, role_arn=role_arn, attempts=3), clock or SystemClock()
    )
    reader = Reader(aws, aws.region or DEFAULT_REGION)
    try:
        role = reader.call("iam:GetRole", {"RoleName": arn.rpartition("/")[2]}).data["Role"]
    except CallFailed as failed:
        raise fatal(failed) from failed
    if role["Arn"] != arn:
        raise SelectionError(
            f"The credentials lead to the role {role['Arn']}, not to {arn}.",
            "Name credentials of its account with --profile or --role-arn.",
        )
    return trust_document(role.get("AssumeRolePolicyDocument"))
