"""An assessment with every kind of decision: made by hand, as `sample.py` is."""

from datetime import date, timedelta

import msgspec
from tests.render.sample import CHECKS, FINDINGS, NOW, assessment, finding

from eksaminer.decisions import (
    AcceptedRisk,
    Answer,
    DecisionUse,
    Disposition,
    DispositionUse,
    WaiverUse,
)
from eksaminer.findings import Assessment, Waiver
from eksaminer.outcome import Status

TODAY = NOW.date()
WAIVED = next(item for item in FINDINGS if item.waiver is not None)
LEAD = next(item for item in FINDINGS if item.check == "EKS-AWS-AUTH")


def waiver(name: str, days_left: int, **changes: object) -> AcceptedRisk:
    """Return a waiver that ends in so many days."""
    item = AcceptedRisk(
        id=name,
        check="LOG-04",
        resource=WAIVED.resource.id,
        reason=f"The reason of {name}.",
        approver="ciso@example.com",
        created=date(2026, 9, 1),
        expires=TODAY + timedelta(days=days_left),
    )
    return msgspec.structs.replace(item, **changes)


def answer(said: Answer, found: str = LEAD.id, **changes: object) -> Disposition:
    """Return an answer to the lead."""
    item = Disposition(
        finding=found, answer=said, reviewer="dana@example.com", date=TODAY, reason=f"The reason of {said}."
    )
    return msgspec.structs.replace(item, **changes)


USE = DecisionUse(
    waivers=(
        WaiverUse(waiver=waiver("W-7", 30), state="in_force", days_left=30, findings=(WAIVED.id,)),
        WaiverUse(waiver=waiver("W-8", 300, ticket="SEC-8"), state="in_force", days_left=300, findings=(WAIVED.id,)),
        WaiverUse(
            waiver=waiver("W-9", -1, compensating_control="A copy in S3."),
            state="expired",
            days_left=-1,
            findings=(WAIVED.id, FINDINGS[1].id),
        ),
        WaiverUse(
            waiver=waiver("W-10", 9, resource="", resource_glob="arn:*"),
            state="unused",
            days_left=9,
            without_exception=2,
            to_be_named=3,
        ),
    ),
    dispositions=(
        DispositionUse(disposition=answer("authorised", evidence="CHG-4711"), state="applied", finding=LEAD.id),
        DispositionUse(disposition=answer("incident"), state="outdated", finding=LEAD.id),
        DispositionUse(disposition=answer("false_positive", "0" * 12), state="unused"),
    ),
)


def decided() -> Assessment:
    """Return the sample with what people decided about it."""
    controlled = Waiver(
        id="W-9", reason="A copy in S3.", approver="ciso@example.com", expires=NOW, compensating_control="Object Lock."
    )
    more = finding(CHECKS[0].id, Status.FAIL, LEAD.target, "The audit log is off.", waiver=controlled)
    found = tuple(
        msgspec.structs.replace(item, disposition="authorised") if item is LEAD else item for item in FINDINGS
    )
    return assessment((*found, more), decisions=USE)
