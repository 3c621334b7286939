"""Findings about which part of the audit period a log can answer for, and about who switched it off."""

from datetime import datetime

import msgspec
from tests.render.sample import DAY, FRANKFURT, LEGACY, NOW, PROD, SHOP, assessment, check, finding

from eksaminer.findings import Assessment, Finding, Message, MessageParameter, TargetName
from eksaminer.outcome import Scope, Status

BEGIN = NOW - 100 * DAY


def moment(value: datetime) -> MessageParameter:
    """Return a time as the file holds it."""
    return {"time": value.isoformat()}


def kept(target: TargetName, name: str, **params: MessageParameter) -> Finding:
    """Return what LOG-10 says of a log over the hundred days before NOW."""
    status = Status.PASS if name.startswith("kept") else Status.REVIEW
    made = finding("LOG-01", status, target, f"It is {name}.", aspect="kept")
    params = {"since": moment(BEGIN), "until": moment(NOW), **params}
    return msgspec.structs.replace(
        made, id=f"{'k' * 40}{target.cluster}", check="LOG-10", message=Message(id=f"LOG-10.{name}", params=params)
    )


def act(target: TargetName, name: str, kind: str, days_ago: int, **params: MessageParameter) -> Finding:
    """Return what LOG-09 or CT-05 says of a call."""
    number = "LOG-09" if target.cluster else "CT-05"
    made = finding(
        "LOG-01", Status.FAIL, target, f"Dana called it {days_ago} days ago.", discriminator=f"{kind}#call#dana"
    )
    params = {"time": moment(NOW - days_ago * DAY), **params}
    return msgspec.structs.replace(
        made, id=f"{number}{kind}{name}{days_ago}", check=number, message=Message(id=f"{number}.{name}", params=params)
    )


OFF = finding("LOG-01", Status.FAIL, LEGACY, "The audit log is off.")
FINDINGS = (
    kept(PROD, "kept_for_ever", created=moment(BEGIN - DAY)),
    act(PROD, "restored", "audit-log", 50, blind={"seconds": 10 * 86_400}),
    act(PROD, "refused", "audit-log", 9),
    kept(SHOP, "expired", oldest=moment(BEGIN + 75 * DAY), kept={"seconds": 25 * 86_400}),
    kept(LEGACY, "kept_for_ever", created=moment(BEGIN - DAY)),
    OFF,
    act(FRANKFURT, "weakened", "trail", 3),
    finding("CT-01", Status.FAIL, FRANKFURT, "No trail records the region."),
    finding("CT-02", Status.FAIL, FRANKFURT, "There is no proof."),
)
MORE_CHECKS = (
    check("LOG-09", "It stayed on", "enable-audit-logs"),
    check("LOG-10", "It is whole", "enable-audit-logs", permissions=("list pods", "logs:DescribeLogGroups")),
    check("CT-05", "Nothing weakened it", "audit-cloudtrail-logs", scope=Scope.REGION),
)


def dark() -> Assessment:
    """Return an assessment of clusters whose logs can answer for parts of the period alone."""
    made = assessment(FINDINGS)
    return msgspec.structs.replace(made, checks=(*made.checks, *MORE_CHECKS))
