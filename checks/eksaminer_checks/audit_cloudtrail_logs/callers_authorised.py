"""CT-06: every service account seen calling AWS was expressly authorised."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from eksaminer.api import (
    AUDIENCE,
    Basis,
    Cluster,
    Criteria,
    Every,
    Gap,
    IamRoles,
    Issuer,
    KubernetesObjects,
    Level,
    PodIdentityAssociations,
    PodRequests,
    Resource,
    Scope,
    Severity,
    TakenRole,
    Target,
    Text,
    TrustPolicy,
    Verdict,
    WorkloadCalls,
    check,
    conforms,
    deviates,
    issuer_kind,
    issuer_of,
    not_applicable,
    shown,
    unseen,
)
from eksaminer_checks.audit_cloudtrail_logs._callers import Caller, Known, seen
from eksaminer_checks.audit_cloudtrail_logs._issuers import hides, region_of
from eksaminer_checks.audit_cloudtrail_logs._roles import WIDE, joined, policy_of, why

ID = "CT-06"
TOOK = "{account} of {cluster} took the role {role} between {since} and {until} (times: {granted})"


@check(
    id=ID,
    title="Every service account seen calling AWS was expressly authorised",
    scope=Scope.ACCOUNT,
    severity=Severity.HIGH,
    basis=Basis.GUIDE,
    recommendation="audit-cloudtrail-logs",
    criterion="Each service account that took a role in the period is named for it: in the trust policy, or by a Pod "
    "Identity association; it exists, and is annotated with the role. Where [allow] CT-06 lists service accounts, "
    "no other took a role.",
    remediation="Find out who runs as the service account. If it may have the role, name it in the trust policy and "
    "annotate it; if not, narrow the trust policy and revoke the sessions of the role.",
    references=(
        "https://docs.aws.amazon.com/eks/latest/best-practices/auditing-and-logging.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html",
    ),
    level=Level.ADVISED,
    deviations=(Level.REQUIRED, Level.ADVISED),
    allow="Service accounts that may call AWS: `NAMESPACE/NAME` or `CLUSTER/NAMESPACE/NAME`, `*` for any characters. "
    "All others FAIL.",
    texts={
        "CT-06.named": f"{TOOK}: the trust policy names it.",
        "CT-06.associated": f"{TOOK}: a Pod Identity association gives it the role.",
        "CT-06.listed": f"{TOOK}, and is on your list.",
        "CT-06.unlisted": f"{TOOK}, and is not on your list.",
        "CT-06.wildcard": f"{TOOK}, and the trust policy admits it without naming it. {{why}}.",
        "CT-06.no_longer_admitted": f"{TOOK}; the trust policy of today does not admit it.",
        "CT-06.perhaps": f"{TOOK}; whether the trust policy admits it depends on what the event does not tell.",
        "CT-06.no_role": f"{TOOK}; today there is no such role, so whether it was authorised cannot be told.",
        "CT-06.unreadable": f"{TOOK}; the trust policy cannot be read.",
        "CT-06.no_association": f"{TOOK} through Pod Identity; today no association gives it the role.",
        "CT-06.not_annotated": f"{TOOK}; today it is not annotated with the role.",
        "CT-06.gone": f"{TOOK}; today no such service account exists.",
        "CT-06.refused": "{account} of {cluster} was refused the role {role} between {since} and {until} "
        "(times: {refused}; {errors}).",
        "CT-06.unknown_issuer": "{subject} of {issuer} asked for the role {role} between {since} and {until} (granted: "
        "{granted}, refused: {refused}); no cluster of the account has this issuer.",
        "CT-06.unknown_cluster": "{subject} of {cluster} asked for the role {role} between {since} and {until} "
        "(granted: {granted}, refused: {refused}); the account has no such cluster.",
        "CT-06.unnamed": "Somebody asked for the role {role} between {since} and {until} (granted: {granted}, refused: "
        "{refused}, {errors}); the event does not tell which service account.",
        "CT-06.outside": "{issuer} is outside EKS: its subjects (seen: {subjects}) are no service accounts.",
        "CT-06.pods_refused": "Pods of {cluster} in {region} were refused credentials by Pod Identity between "
        "{since} and {until} (times: {refused}; {errors}); the event does not tell which service account.",
        "CT-06.nameless": "With credentials of the role {role} calls were made between {since} and {until} "
        "(calls: {calls}, access keys: {sessions}) whose service account cannot be told. {why}.",
        "CT-06.not_assessed": "Whether the service accounts of {cluster} that took roles still exist, and are "
        "annotated, is not assessed. {why}.",
        "CT-06.unread": "What service accounts did in {regions} between {since} and {until} was not read, or not all "
        "of it. {why}.",
        "CT-06.nobody": "No service account was seen taking a role between {since} and {until}.",
    },
)
def callers_authorised(  # noqa: PLR0917 - one parameter for each part of the evidence
    calls: WorkloadCalls,
    roles: IamRoles | Gap,
    clusters: Every[Cluster],
    objects: Every[KubernetesObjects],
    associations: Every[PodIdentityAssociations],
    criteria: Criteria,
    target: Target,
) -> Iterator[Verdict]:
    """A trust policy says who may take a role; CloudTrail says who did.

    The name of a service account stands only in the event by which it takes the role. What was called with the
    credentials is joined to it by the access key, in files of CloudTrail; LookupEvents tells who took a role.
    """
    bench = _Bench(calls, roles, Known(clusters, objects, associations), criteria, target)
    verdicts = [verdict for taken in calls.taken for verdict in bench.judged(taken)]
    verdicts += [*_outside(calls), *bench.pods(), *bench.unread(), *bench.unassessed()]
    if not verdicts:
        text = Text("CT-06.nobody", since=calls.window.since, until=calls.window.until)
        verdicts = [not_applicable(target.resource, text)]
    yield from verdicts


def _is_outside(taken: TakenRole) -> bool:
    """Whether a public service issued the token: its subjects are no service accounts."""
    return taken.way == "irsa" and issuer_kind(taken.provider) is Issuer.SHARED


def _outside(calls: WorkloadCalls) -> Iterator[Verdict]:
    subjects: dict[str, set[str]] = {}
    for taken in calls.taken:
        if _is_outside(taken):
            subjects.setdefault(taken.provider, set()).add(taken.subject)
    for provider, names in sorted(subjects.items()):
        text = Text("CT-06.outside", issuer=issuer_of(provider), subjects=len(names))
        yield not_applicable(_provider(provider), text)


def _provider(arn: str) -> Resource:
    return Resource(type="AWS::IAM::OIDCProvider", id=arn or "an unknown identity provider")


def _role(arn: str) -> Resource:
    return Resource(type="AWS::IAM::Role", id=arn or "an unknown role")


@dataclass(frozen=True, slots=True)
class _Bench:
    calls: WorkloadCalls
    roles: IamRoles | Gap
    known: Known
    criteria: Criteria
    target: Target

    def judged(self, taken: TakenRole) -> Iterator[Verdict]:
        if _is_outside(taken):
            return
        caller = self.known.caller(taken)
        if caller is None:
            yield self._stranger(taken)
            return
        if taken.refused:
            yield self._deviates(caller, "refused")
        if taken.granted:
            yield self._authorised(caller)
            yield from self._of_today(caller)

    # Whether it was authorised -------------------------------------------------------------------

    def _authorised(self, caller: Caller) -> Verdict:
        if ID in self.criteria.allow:
            if _listed(caller, self.criteria.allow[ID]):
                return self._conforms(caller, "listed")
            return self._deviates(caller, "unlisted", level=Level.REQUIRED, severity=Severity.HIGH)
        if caller.taken.way == "pods":
            return self._associated(caller)
        if isinstance(self.roles, Gap):
            return unseen(caller.resource, self.roles, discriminator=caller.taken.role)
        return self._admitted(caller, self.roles)

    def _associated(self, caller: Caller) -> Verdict:
        found = self.known.association(caller)
        if isinstance(found, Gap):
            return unseen(caller.resource, found, discriminator=caller.taken.role)
        return self._conforms(caller, "associated") if found else self._deviates(caller, "no_association")

    def _admitted(self, caller: Caller, roles: IamRoles) -> Verdict:
        taken = caller.taken
        role = next((item for item in roles.roles if item.arn == taken.role), None)
        if role is None:
            return self._deviates(caller, "no_longer_admitted" if taken.role in roles.others else "no_role")
        policy = policy_of(role)
        if not isinstance(policy, TrustPolicy):
            return self._deviates(caller, "unreadable")
        answer = policy.may_assume(taken.provider, taken.subject, taken.audience or AUDIENCE)
        if answer == "no":
            return self._deviates(caller, "no_longer_admitted")
        if taken.subject in policy.named(taken.provider):
            return self._conforms(caller, "named") if answer == "yes" else self._deviates(caller, "perhaps")
        return self._deviates(caller, "wildcard", why=joined(self._why(caller, policy)))

    def _why(self, caller: Caller, policy: TrustPolicy) -> tuple[str, ...]:
        """Say what admits a caller that nobody named."""
        taken = caller.taken
        found = why(policy, taken.provider, taken.audience or AUDIENCE, *WIDE)
        return found or (policy.reach(taken.provider, taken.audience or AUDIENCE).describe(),)

    # What the cluster says today -----------------------------------------------------------------

    def _of_today(self, caller: Caller) -> Iterator[Verdict]:
        account = self.known.account(caller)
        if account is None:
            yield self._deviates(caller, "gone", severity=Severity.HIGH)
        elif not isinstance(account, Gap) and caller.taken.way == "irsa" and account.role_arn != caller.taken.role:
            yield self._deviates(caller, "not_annotated")

    def unassessed(self) -> Iterator[Verdict]:
        """Say of which clusters the service accounts of today are not known."""
        callers = [caller for taken in self.calls.taken if (caller := self.known.caller(taken)) and taken.granted]
        for target, caller in sorted({item.target: item for item in callers}.items()):
            account = self.known.account(caller)
            if isinstance(account, Gap):
                text = Text("CT-06.not_assessed", cluster=target.cluster, why=joined([account.detail]))
                yield unseen(caller.cluster.resource, account, text)

    # Whom nobody knows ---------------------------------------------------------------------------

    def _stranger(self, taken: TakenRole) -> Verdict:
        place = f"{taken.subject}#{taken.role}#{taken.audience}"
        if not taken.subject or not (taken.provider or taken.cluster):
            text = Text("CT-06.unnamed", **self._words(taken, "granted", "refused", "errors"))
            return deviates(_role(taken.role), text, discriminator=place, severity=Severity.MEDIUM, **self._told(taken))
        words = self._words(taken, "granted", "refused")
        subject, issuer = shown(taken.subject), issuer_of(taken.provider)
        if taken.way == "pods":
            resource, region = Resource(type="AWS::EKS::Cluster", id=taken.cluster), _part(taken.cluster, 3)
            text = Text("CT-06.unknown_cluster", subject=subject, cluster=taken.cluster, **words)
        else:
            resource, region = _provider(taken.provider), region_of(issuer)
            text = Text("CT-06.unknown_issuer", subject=subject, issuer=issuer, **words)
        gap = hides(self.known.clusters, region)
        if gap is not None:
            return unseen(resource, gap, discriminator=place)
        return deviates(resource, text, discriminator=place, level=Level.REQUIRED, **self._told(taken))

    def pods(self) -> Iterator[Verdict]:
        """Say which clusters' pods were refused."""
        for asked in self.calls.pods:
            if asked.refused:
                yield self._refused(asked)

    def _refused(self, asked: PodRequests) -> Verdict:
        here = Target(
            account=self.target.account, partition=self.target.partition, region=asked.region, cluster=asked.cluster
        )
        text = Text(
            "CT-06.pods_refused", cluster=asked.cluster, region=asked.region, refused=asked.refused,
            errors=", ".join(asked.errors), **self._window(),
        )  # fmt: skip
        resource = here.resource if asked.cluster else self.target.resource
        return deviates(
            resource, text, discriminator=f"pods#{asked.region}", severity=Severity.MEDIUM, throughout=self.calls.window
        )

    def unread(self) -> Iterator[Verdict]:
        """Say which events are missing."""
        for item in self.calls.nameless:
            text = Text(
                "CT-06.nameless", role=item.role, calls=item.calls, sessions=item.sessions, since=item.first,
                until=item.last, why=joined([item.gap.detail]),
            )  # fmt: skip
            yield unseen(_role(item.role), item.gap, text, discriminator="nameless")
        if self.calls.untold is not None:
            yield unseen(self.target.resource, self.calls.untold, discriminator="untold")
        groups: dict[str, list[tuple[str, Gap]]] = {}
        for read in self.calls.regions:
            if read.unread is not None:
                groups.setdefault(read.unread.cause, []).append((read.region, read.unread))
        for cause, items in sorted(groups.items()):
            names, gap = tuple(region for region, _ in items), items[0][1]
            text = Text("CT-06.unread", regions=names, why=joined([gap.detail]), **self._window())
            yield unseen(self.target.resource, gap, text, discriminator=f"unread#{cause}")

    # Words ---------------------------------------------------------------------------------------

    def _conforms(self, caller: Caller, name: str) -> Verdict:
        words = self._words(caller.taken, "granted")
        text = Text(f"CT-06.{name}", account=caller.shown, cluster=caller.cluster.name, **words)
        return conforms(caller.resource, text, discriminator=_place(caller, ""), **self._told(caller.taken))

    def _deviates(
        self,
        caller: Caller,
        name: str,
        *,
        level: Level | None = None,
        severity: Severity = Severity.MEDIUM,
        **more: str,
    ) -> Verdict:
        counted = ("refused", "errors") if name == "refused" else ("granted",)
        words = self._words(caller.taken, *counted) | more
        text = Text(f"CT-06.{name}", account=caller.shown, cluster=caller.cluster.name, **words)
        return deviates(
            caller.resource, text, discriminator=_place(caller, name), level=level, severity=severity,
            **self._told(caller.taken),
        )  # fmt: skip

    def _words(self, taken: TakenRole, *counted: str) -> dict[str, Any]:
        errors = ", ".join(taken.errors) or "no error"
        counts = {"granted": taken.granted, "refused": taken.refused, "errors": errors}
        return {"role": taken.role, **{name: counts[name] for name in counted}, **self._window()}

    def _window(self) -> dict[str, Any]:
        return {"since": self.calls.window.since, "until": self.calls.window.until}

    def _told(self, taken: TakenRole) -> dict[str, Any]:
        return {"seen": seen(taken, self.calls), "throughout": self.calls.window}


def _place(caller: Caller, name: str) -> str:
    """Return what tells the verdicts about one service account apart: not how they turned out."""
    subject = {"refused": "refused", "gone": "exists", "not_annotated": "annotated"}.get(name, "authorised")
    return f"{caller.taken.role}#{caller.taken.audience}#{subject}"


def _listed(caller: Caller, entries: Iterable[str]) -> bool:
    names = {caller.shown, f"{caller.cluster.name}/{caller.shown}", caller.taken.subject}
    return any(fnmatchcase(name, entry) for name in names for entry in entries)


def _part(arn: str, number: int) -> str:
    """Return a part of an ARN; empty: it has no such part."""
    return dict(enumerate(arn.split(":"))).get(number, "")
