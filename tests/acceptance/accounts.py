"""Accounts in which everything is as it should be, and every operation of the allow-list bears on a verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from eksaminer.demo.account import Account, Bucket, EventSelector, Trail, clean_account, key_arn

HOME = "eu-central-1"
DATA_TRAIL = "data-trail"


def sound_account(now: datetime) -> Account:
    """Return the clean account with what else a careful owner may have: each part is one that a check might misread.

    A trail for data events alone, whose bucket has a policy that is public as S3 counts, and blocks public access.
    """
    account = clean_account(now)
    (home,) = account.regions
    data = Trail(
        name=DATA_TRAIL,
        bucket="example-data-events",
        multi_region=False,
        validation=False,
        kms_key=key_arn(account.id, HOME, home.keys[-1].id),
        started=now - timedelta(days=90),
        latest_delivery=now - timedelta(minutes=9),
        selectors=(EventSelector(management=False),),
    )
    blocked = Bucket(name=data.bucket, policy_public=True)
    return replace(
        account,
        regions=(replace(home, trails=(*home.trails, data)),),
        buckets=(*account.buckets, blocked),
    )
