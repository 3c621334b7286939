"""META-04: what the audit policy really logs, and the rules it blinds."""

from collections.abc import Iterator, Sequence

from eksaminer.api import (
    AuditLogScan,
    Basis,
    Criteria,
    Level,
    LevelCount,
    Scope,
    Severity,
    Target,
    Text,
    Verdict,
    check,
    conforms,
    deviates,
    least_level,
    level_rank,
    not_applicable,
    unseen,
)
from eksaminer_checks.use_audit_metadata._words import some

MOST_RULES = 20
WRITES = frozenset({"create", "update", "patch", "delete"})


@check(
    id="META-04",
    title="The audit policy logs what the rules need",
    scope=Scope.CLUSTER,
    severity=Severity.INFORMATIONAL,
    basis=Basis.GUIDE,
    recommendation="use-audit-metadata",
    level=Level.ADVISED,
    criterion="Requests are logged at the level that the rules need, writes no lower than in the audit policy of the "
    "guide, and the contents of Secrets not at all.",
    remediation="AWS owns the audit policy of EKS: there is no setting. Take the rules named here as blind, and watch "
    "by other means what they look for (admission policies, GuardDuty runtime monitoring, Falco).",
    references=("https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/",),
    texts={
        "META-04.enough": "Kinds of requests in the {events} events read: {kinds}, all logged at the levels that the "
        "rules need. Rules that look for requests of which none was seen: {unknown}.",
        "META-04.blind": "Rules that this log blinds, because the requests they look for are logged with less than "
        "they need: {rules}.",
        "META-04.weaker": "Logged with less than the audit policy of the guide asks for: {kinds}.",
        "META-04.secrets": "Secrets are logged above the level Metadata, so that their contents may stand in the log: "
        "{kinds}.",
        "META-04.asked": "Only events that match a rule were asked for: what else is logged, and at which level, "
        "was not seen.",
    },
)
def log_shows_enough(scan: AuditLogScan, criteria: Criteria, target: Target) -> Iterator[Verdict]:
    """The published policy and the one in force differ in places; what was logged is the only honest answer."""
    if scan.origin == "cloudwatch":
        yield not_applicable(target.resource, Text("META-04.asked"))
        return
    found = list(_found(scan))
    for text in found:
        yield deviates(target.resource, text, discriminator=text.id, throughout=scan.window)
    if not found and scan.unread is not None:
        yield unseen(target.resource, scan.unread)
    elif not found:
        unknown = sum(result.observable == "unknown" for result in scan.rules)
        kinds = len({(row.group, row.resource, row.verb) for row in scan.levels})
        text = Text("META-04.enough", kinds=kinds, events=scan.events_read, unknown=unknown)
        yield conforms(target.resource, text, limits=scan.limits(criteria.gap_minutes), throughout=scan.window)


def _found(scan: AuditLogScan) -> Iterator[Text]:
    blind = sorted(result.rule for result in scan.rules if result.observable == "no")
    if blind:
        yield Text("META-04.blind", rules=some(blind, MOST_RULES))
    weaker = sorted(_kind(row) for row in _highest(scan.levels) if _weaker(row))
    if weaker:
        yield Text("META-04.weaker", kinds=some(weaker))
    secrets = sorted(_kind(row) for row in _highest(scan.levels) if _shows_secrets(row))
    if secrets:
        yield Text("META-04.secrets", kinds=some(secrets))


def _highest(levels: Sequence[LevelCount]) -> Iterator[LevelCount]:
    """Give each kind of request once, at the highest level it was logged at."""
    kinds: dict[tuple[str, str, str], LevelCount] = {}
    for row in levels:
        kind = (row.group, row.resource, row.verb)
        if kind not in kinds or level_rank(row.level) > level_rank(kinds[kind].level):
            kinds[kind] = row
    yield from kinds.values()


def _weaker(row: LevelCount) -> bool:
    """Tell whether the policy of the guide logs more of such a write, whoever makes it."""
    least = least_level(row.group, row.resource, row.verb)
    return row.verb in WRITES and bool(row.resource) and level_rank(row.level) < level_rank(least)


def _shows_secrets(row: LevelCount) -> bool:
    """Tell whether contents may be logged; the deletion of all secrets of a namespace holds options alone."""
    return (row.group, row.resource) == ("", "secrets") and row.verb != "deletecollection" and level_rank(row.level) > 1


def _kind(row: LevelCount) -> str:
    name = f"{row.resource}.{row.group}" if row.group else row.resource
    return f"{row.verb} {name} ({row.level})"
