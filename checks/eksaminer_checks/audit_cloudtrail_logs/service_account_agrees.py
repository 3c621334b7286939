"""IRSA-05: service account and role agree: annotated, existing, admitted."""

from collections.abc import Iterator
from dataclasses import dataclass

from eksaminer.api import (
    AUDIENCE,
    Answer,
    Basis,
    Cluster,
    Every,
    Gap,
    IamRole,
    IamRoles,
    KubernetesObjects,
    Level,
    OidcProviders,
    Resource,
    Scope,
    ServiceAccount,
    Severity,
    Target,
    Text,
    TrustPolicy,
    Verdict,
    check,
    conforms,
    deviates,
    shown,
    subject_of,
    unseen,
)
from eksaminer_checks.audit_cloudtrail_logs._existing import pods_of
from eksaminer_checks.audit_cloudtrail_logs._roles import joined, policy_of, unlisted

REMEDIES = {
    "terraform": """\
resource "kubernetes_annotations" "role" {{
  api_version = "v1"
  kind        = "ServiceAccount"

  metadata {{
    name      = {service_account}
    namespace = {namespace}
  }}

  annotations = {{
    "eks.amazonaws.com/role-arn" = {role}
  }}
}}""",
    "kubectl": "kubectl annotate serviceaccount {service_account} --namespace {namespace} --overwrite "
    "eks.amazonaws.com/role-arn={role}",
}


@check(
    id="IRSA-05",
    title="Service accounts and the roles that they name agree",
    scope=Scope.ACCOUNT,
    severity=Severity.LOW,
    basis=Basis.GUIDE,
    recommendation="audit-cloudtrail-logs",
    criterion="A service account that names a role is admitted by its trust policy; one that a trust policy names "
    "exists and names the role.",
    remediation="Correct the annotation eks.amazonaws.com/role-arn or the trust policy, whichever is wrong; delete "
    "what nobody uses.",
    references=("https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",),
    level=Level.ADVISED,
    remedies=REMEDIES,
    texts={
        "IRSA-05.agrees": "The service account names the role {role}, whose trust policy admits it. Pods that run as "
        "it: {pods}.",
        "IRSA-05.perhaps": "The service account names the role {role}; whether its trust policy admits it depends on "
        "what no token tells.",
        "IRSA-05.refused": "The service account names the role {role}, whose trust policy does not admit it: {why}. "
        "Pods that run as it: {pods}.",
        "IRSA-05.no_role": "The service account names the role {role}, which does not exist.",
        "IRSA-05.other_account": "The service account names the role {role} of the account {account}: whether that "
        "admits it can be seen there alone.",
        "IRSA-05.malformed": "The service account names {role}, which is no ARN of a role.",
        "IRSA-05.no_provider": "The service account names the role {role}, but the account has no identity provider "
        "for the issuer of the cluster: nobody can assume a role with its tokens.",
        "IRSA-05.audience": "The service account names the role {role} and gets tokens for {audience}, an audience "
        "that the identity provider does not take: it takes {taken}.",
        "IRSA-05.no_issuer": "The service account names the role {role}, but EKS gives no issuer of the cluster.",
        "IRSA-05.unreadable": "The service account names the role {role}, whose trust policy cannot be read: {why}.",
        "IRSA-05.missing": "The trust policy names service accounts that do not exist in {cluster}: {names}. Whoever "
        "creates one of them gets the role.",
        "IRSA-05.not_annotated": "The trust policy names service accounts of {cluster} that do not name the role: "
        "{names}.",
    },
)
def service_account_agrees(
    roles: IamRoles,
    providers: OidcProviders | Gap,
    clusters: Every[Cluster],
    objects: Every[KubernetesObjects],
    target: Target,
) -> Iterator[Verdict]:
    """A name on one side alone is a pod that fails, or a role that waits for whoever takes the name."""
    known = dict(clusters.items)
    hidden = dict(clusters.gaps)
    yield from unlisted(target, objects)
    for place, gap in objects.gaps:
        yield unseen(place.resource, gap)
    for place, found in objects.items:
        accounts = found.service_accounts
        if isinstance(accounts, Gap):
            yield unseen(place.resource, accounts)
        elif place in hidden:
            yield unseen(place.resource, hidden[place])
        elif place in known:
            bench = _Bench(known[place], accounts, found, roles, providers, target)
            yield from bench.annotated()
            yield from bench.named()


@dataclass(frozen=True, slots=True)
class _Bench:
    """One cluster, its service accounts, and the roles of the account."""

    cluster: Cluster
    accounts: tuple[ServiceAccount, ...]
    objects: KubernetesObjects
    roles: IamRoles
    providers: OidcProviders | Gap
    target: Target

    @property
    def provider(self) -> str:
        return f"arn:{self.target.partition}:iam::{self.target.account}:oidc-provider/{self.cluster.issuer}"

    def annotated(self) -> Iterator[Verdict]:
        roles = {role.arn: role for role in self.roles.roles}
        pods = pods_of(self.objects)
        for account in self.accounts:
            if account.role_arn:
                number = "not assessed" if pods is None else f"{pods[account.namespace, account.name]:,}"
                yield self._annotated(account, roles.get(account.role_arn), number)

    def _annotated(self, account: ServiceAccount, role: IamRole | None, pods: str) -> Verdict:
        place = Resource(
            type="Kubernetes::ServiceAccount", id=f"{self.cluster.arn}/{account.namespace}/{account.name}"
        )  # fmt: skip
        arn = account.role_arn
        simple = self._unknown(arn) if role is None else "" if self.cluster.issuer else "no_issuer"
        if simple == "other_account":
            return deviates(place, Text("IRSA-05.other_account", role=arn, account=arn.split(":")[4]))
        if simple:
            return deviates(place, Text(f"IRSA-05.{simple}", role=arn))
        policy = policy_of(role) if role is not None else None
        if isinstance(policy, TrustPolicy):
            return self._admitted(place, account, policy, pods)
        if policy is not None:
            return deviates(place, Text("IRSA-05.unreadable", role=arn, why=joined([policy])))
        return deviates(place, self._refused(account, ("no statement of it speaks of a web identity",), pods))

    def _unknown(self, arn: str) -> str:
        """Return what to say of an annotation whose role is none of those that trust a web identity."""
        fields = arn.split(":", 5)
        if len(fields) < 6 or fields[2] != "iam" or not fields[5].startswith("role/"):  # noqa: PLR2004 - the parts of an ARN
            return "malformed"
        if fields[4] != self.target.account:
            return "other_account"
        return "" if arn in self.roles.others else "no_role"

    def _admitted(self, place: Resource, account: ServiceAccount, policy: TrustPolicy, pods: str) -> Verdict:
        subject, arn = subject_of(account.namespace, account.name), account.role_arn
        audience = account.audience or AUDIENCE
        answer: Answer = policy.may_assume(self.provider, subject, audience)
        if answer == "no":
            return deviates(place, self._refused(account, self._why(policy, subject, audience), pods))
        if isinstance(self.providers, Gap):
            return unseen(place, self.providers)
        provider = self.providers.find(self.provider)
        if provider is None:
            return deviates(place, Text("IRSA-05.no_provider", role=arn))
        if isinstance(provider.client_ids, Gap):
            return unseen(place, provider.client_ids)
        taken = provider.client_ids
        if audience in taken and answer == "yes":
            return conforms(place, Text("IRSA-05.agrees", role=arn, pods=pods))
        refused = Text("IRSA-05.audience", role=arn, audience=audience, taken=taken)
        return deviates(place, Text("IRSA-05.perhaps", role=arn) if audience in taken else refused)

    def _refused(self, account: ServiceAccount, why: tuple[str, ...], pods: str) -> Text:
        return Text("IRSA-05.refused", role=account.role_arn, why=why, pods=pods)

    def _why(self, policy: TrustPolicy, subject: str, audience: str) -> tuple[str, ...]:
        """Say which elements of the policy keep a service account from the role."""
        found: list[str] = []
        for reason in policy.why(self.provider, subject, audience):
            number = f"statement {reason.statement + 1}"
            against = [clause.element for clause in reason.against if clause.holds == "no"]
            if not reason.allows and reason.applies == "yes":
                found.append(f"{number} denies it")
            elif reason.allows and against:
                found.append(f"{number}: {' and '.join(against)} {'do' if len(against) > 1 else 'does'} not hold")
        return tuple(found) or ("it has no statement",)

    def _may_ever(self, policy: TrustPolicy, name: str, account: ServiceAccount | None) -> bool:
        """Return whether a name is admitted with the usual audience, or with the one that its annotation asks for."""
        asked = {AUDIENCE, (account.audience if account is not None else "") or AUDIENCE}
        return any(policy.may_assume(self.provider, name, item) != "no" for item in asked)

    def named(self) -> Iterator[Verdict]:
        existing = {subject_of(account.namespace, account.name): account for account in self.accounts}
        for role in self.roles.roles:
            policy = policy_of(role)
            if not isinstance(policy, TrustPolicy) or self.provider not in policy.providers:
                continue
            names = [name for name in policy.named(self.provider) if self._may_ever(policy, name, existing.get(name))]
            missing = tuple(shown(name) for name in names if name not in existing)
            silent = tuple(shown(name) for name in names if name in existing and existing[name].role_arn != role.arn)
            for kind, found in (("missing", missing), ("not_annotated", silent)):
                if found:
                    text = Text(f"IRSA-05.{kind}", cluster=self.cluster.name, names=found)
                    yield deviates(role.resource, text, discriminator=f"{kind} {self.cluster.arn}")
