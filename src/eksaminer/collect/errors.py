"""Errors of collection that concern the run as a whole: all others become gaps."""

from eksaminer.errors import EksaminerError, UsageError

NO_CREDENTIALS = "Name a profile with --profile, or sign in (`aws configure`, `aws sso login`)."


class CredentialsError(EksaminerError):
    """There are no credentials that AWS accepts."""


class UnreachableError(EksaminerError):
    """AWS does not answer."""


class SelectionError(UsageError):
    """A profile, region or cluster that was asked for does not exist, or is not one thing."""
