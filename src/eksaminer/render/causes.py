"""Why an exception is there, where the evidence tells: the call that made it so, seen in the same period."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from eksaminer.findings import Finding
from eksaminer.outcome import Status
from eksaminer.render.texts import Texts

_ACTS = ("LOG-09", "CT-05")
"""Checks whose findings are calls that weakened auditing."""
_OF_UPDATES = "LOG-09.update_off"
_DONE = ("weakened", "perhaps", "beside", "update_off")
"""Ends of the ids of messages about calls that had an effect, and were not undone."""

_LOGS, _TRAILS = ("audit-log", "log-deleted", "log-delivery"), ("trail", "trail-deleted", "trail-moved")
CONTROLS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "LOG-01": ("audit-log",),
        "LOG-02": ("authenticator-log",),
        "LOG-03": _LOGS,
        "LOG-04": ("retention", "account-policy"),
        "LOG-05": ("retention", "account-policy"),
        "LOG-06": ("key", "key-policy"),
        "LOG-08": ("group-protection",),
        "LOG-10": _LOGS,
        "ALM-01": ("log-changed",),
        "ALM-02": ("alarms", "log-changed"),
        "ALM-03": ("alarms", "notifications"),
        "ALM-05": ("guardduty", "guardduty-changed"),
        "CT-01": (*_TRAILS, "trail-selectors", "trail-selectors-changed"),
        "CT-02": ("trail-narrowed",),
        "CT-03": ("bucket-deleted", "bucket-changed"),
        "CT-04": ("trail-selectors", "trail-selectors-changed"),
        "INS-01": ("insights",),
        "INS-03": ("event-rules", "notifications"),
    }
)
"""The kinds of weakening calls (`weakening/calls.yml`) that can be why a check deviates."""

_REGIONAL = frozenset({"account-policy", "alarms", "notifications", "guardduty", "guardduty-changed", "event-rules"})
"""Kinds that bear on every cluster of a region."""


class Causes:
    """Finds the acts of an assessment that explain its other findings."""

    def __init__(self, findings: Iterable[Finding], rules: Iterable[str], texts: Texts) -> None:
        self._texts, self._rules = texts, frozenset(rules)
        self._acts: dict[str, list[Finding]] = defaultdict(list)
        for finding in findings:
            if finding.check in _ACTS and finding.status in (Status.FAIL, Status.REVIEW) and _had_effect(finding):
                self._acts[_kind(finding)].append(finding)

    def of(self, finding: Finding) -> str:
        """Return the cause of *finding* in words, or that it is not determined."""
        if finding.check in self._rules or finding.check in _ACTS:
            return self._texts("causes.act")
        acts = self._explaining(finding)
        if not acts:
            return self._texts("causes.none")
        return self._texts.prose(self._texts("causes.seen", text=act.text, check=act.check) for act in acts)

    def _explaining(self, finding: Finding) -> Sequence[Finding]:
        kinds = CONTROLS.get(finding.check, ())
        return [act for kind in kinds for act in self._acts.get(kind, ()) if _same_place(act, finding)][:2]


def _kind(act: Finding) -> str:
    return "audit-log" if act.message.id == _OF_UPDATES else act.discriminator.partition("#")[0]


def _had_effect(act: Finding) -> bool:
    return act.message.id.endswith(_DONE)


def _same_place(act: Finding, finding: Finding) -> bool:
    """Whether an act is about the target of *finding*: its cluster, or, for what governs a whole region, that."""
    if finding.target.cluster and _kind(act) not in _REGIONAL:
        return act.target == finding.target
    own = act.target
    return (own.account, own.region) == (finding.target.account, finding.target.region)
