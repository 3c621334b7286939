"""What `eksaminer trust` prints for people."""

import json
from collections.abc import Iterator

from eksaminer.trust import Clause, Examined, ExaminedPods, ExaminedProvider, Flaw, Reason, Tried, TrustPolicy, shown

MOST_FLAWS = 20
_NO_PROVIDER = "No statement lets a web identity assume the role: no service account can, by IRSA."
_ANSWERS = {"yes": "can assume the role", "no": "cannot assume the role", "depends": "may be able to assume the role"}
_PODS = {
    "yes": "Any workload of any cluster can assume the role through EKS Pod Identity, once an association gives it the "
    "role: no condition names a cluster, an account or a service account.",
    "no": "Workloads can assume the role through EKS Pod Identity, under conditions that keep others out.",
    "depends": "Workloads can assume the role through EKS Pod Identity; whether the conditions keep others out depends "
    "on the rest of the request.",
}
_DOUBTS = {
    "not_in_token": "the token does not tell",
    "other_claim": "it is a claim besides subject and audience",
    "policy_variable": "a policy variable decides",
    "unknown_operator": "IAM does not document it",
    "undocumented": "the operator is for values of another kind",
    "everyone_principal": "AWS does not document whether it means web identities",
    "provider_spelling": "the provider is written in another case",
}


def as_text(examined: Examined) -> str:
    """Return who can assume a role, why, what is wrong, and the corrected policy."""
    lines: list[str] = [] if examined.providers else [_NO_PROVIDER]
    for item in examined.providers:
        lines += [*_provider(item), ""]
    lines += [*_besides(examined), *_corrected(examined)]
    return "\n".join(lines).rstrip()


def _besides(examined: Examined) -> Iterator[str]:
    if examined.pods is not None:
        yield _pods(examined.pods)
    if examined.others:
        yield f"Other principals that it allows something: {', '.join(examined.others)}."
    if (examined.pods or examined.others) and examined.providers:
        yield ""


def _pods(pods: ExaminedPods) -> str:
    if pods.lacking:
        return f"No pod gets the role through EKS Pod Identity: it is not allowed {' and '.join(pods.lacking)}."
    if pods.never:
        return (
            f"No pod gets the role through EKS Pod Identity: EKS never sends what {' and '.join(pods.never)} asks for."
        )
    return _PODS[pods.stranger]


def _provider(item: ExaminedProvider) -> Iterator[str]:
    yield item.provider
    yield f"  {item.admitted.sentence}"
    if item.beyond:
        named = ", ".join(shown(name) for name in item.named) or "nobody"
        yield f"  Wider than named: the policy names {named}, and {shown(item.beyond)} can assume the role too."
    if not item.admitted.is_certain:
        yield f"  Surely, whatever the rest of the request is: {item.admitted.surely.value}."
    for statement in item.statements:
        sid = f" ({statement.sid})" if statement.sid else ""
        effect = "Allow" if statement.allows else "Deny"
        yield f"  Statement {statement.index + 1}{sid}, {effect}: {statement.admitted.sentence}"
    if item.flaws:
        yield "  What is wrong or worth knowing:"
        yield from (f"  - {_flaw(flaw)}" for flaw in item.flaws[:MOST_FLAWS])
    if len(item.flaws) > MOST_FLAWS:
        yield f"  - and {len(item.flaws) - MOST_FLAWS:,} more, which --json lists"
    for tried in item.tried:
        yield from _tried(tried)


def _flaw(flaw: Flaw) -> str:
    where = f"statement {flaw.statement + 1}: " if flaw.statement >= 0 else ""
    return f"{where}{flaw.sentence} [{flaw.id.value}]"


def _tried(tried: Tried) -> Iterator[str]:
    yield f"  {shown(tried.subject)} {_ANSWERS[tried.answer]}."
    yield from (f"  - {_reason(reason)}" for reason in tried.reasons)


def _reason(reason: Reason) -> str:
    head = f"statement {reason.statement + 1}, {'Allow' if reason.allows else 'Deny'},"
    if reason.applies == "yes":
        return f"{head} applies: every element holds."
    against = ", ".join(_clause(clause) for clause in reason.against if clause.holds == reason.applies)
    return f"{head} {'does not apply' if reason.applies == 'no' else 'may apply'}: {against}."


def _clause(clause: Clause) -> str:
    return (
        f"{clause.element} does not hold"
        if clause.holds == "no"
        else f"{clause.element} may hold ({_DOUBTS[clause.doubt]})"
    )


def _corrected(examined: Examined) -> Iterator[str]:
    if not examined.corrected:
        if examined.is_wider:
            yield "Corrected policy: none is written, because the policy is too complex. Name each subject."
        return
    if not examined.corrected["Statement"]:
        yield "Corrected policy: none, because no name in the policy is admitted. Write out the subjects that you mean."
        return
    if not TrustPolicy.from_document(examined.corrected).providers:
        yield (
            "Corrected policy: no web identity is left in it, since no name in the policy is admitted through a "
            "provider that it names. Write out the provider and the subjects that you mean."
        )
        yield json.dumps(examined.corrected, indent=2)
        return
    yield "Corrected policy: it admits the names that the policy admits and names, and nobody else."
    yield json.dumps(examined.corrected, indent=2)
