"""Accounts in which everything is as it should be, and every operation of the allow-list bears on a verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from eksaminer.demo.account import Account, Bucket, EventSelector, EventStore, Region, Trail, clean_account, key_arn

HOME = "eu-central-1"
INSIGHTS = ("ApiCallRateInsight", "ApiErrorRateInsight")
DATA_TRAIL = "data-trail"


def sound_account(now: datetime) -> Account:
    """Return the clean account with what else a careful owner may have: each part is one that a check might misread.

    A trail for data events alone, whose bucket has a policy that is public as S3 counts, and blocks public access.
    Security Lake and tables of S3 that hold other logs.
    Insights on management events by an event data store of another region, on the trail for data events alone.
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
    lake = EventStore(name="lake", created=now - timedelta(days=400), insights=INSIGHTS)
    main = replace(home.trails[0], insights=dict.fromkeys(INSIGHTS, ("Data",)))
    return replace(
        account,
        regions=(
            replace(
                home,
                trails=(main, *home.trails[1:], data),
                lake_sources=("CLOUD_TRAIL_MGMT",),
                table_sources=(("amazon_vpc", "flow"),),
            ),
            Region(name="us-east-1", event_stores=(lake,), event_rules=home.event_rules),
        ),
        buckets=(*account.buckets, blocked),
    )
