"""EKS Pod Identity: does a trust policy admit the service `pods.eks.amazonaws.com` for a workload?

Nothing here is a language: an association names one service account of one cluster, so each condition is
asked about the values that EKS sends with it.
"""

from collections.abc import Iterable, Mapping

from eksaminer.record import Record
from eksaminer.trust.condition import Family, Operator, operator_of
from eksaminer.trust.document import Condition, Principal, Statement
from eksaminer.trust.glob import Value, read_value
from eksaminer.trust.policy import Answer, TrustPolicy

PODS = "pods.eks.amazonaws.com"
ASSUME_ROLE = "sts:AssumeRole"
TAG_SESSION = "sts:TagSession"
_TAG = "aws:requesttag/"
_TAG_KEYS = "aws:tagkeys"
_OF_THE_POD = ("kubernetes-pod-name", "kubernetes-pod-uid")
"""Tags that are sent too; which pod it is, nobody knows beforehand."""


class Workload(Record, frozen=True, kw_only=True):
    """A service account of a cluster, as EKS Pod Identity asks for it."""

    cluster_arn: str
    cluster_name: str
    account: str
    namespace: str
    service_account: str
    session_tags: bool = True
    """Whether the session carries the tags of the workload."""


STRANGER = Workload(
    cluster_arn="arn:aws:eks:zz-nowhere-9:000000000000:cluster/a-cluster-that-nobody-named",
    cluster_name="a-cluster-that-nobody-named",
    account="000000000000",
    namespace="a-namespace-that-nobody-named",
    service_account="an-account-that-nobody-named",
)
"""A workload that no policy names: one that admits it is not scoped at all."""


def trusts_pods(policy: TrustPolicy) -> bool:
    """Return whether a statement allows something to EKS Pod Identity by name."""
    return any(_is_for_pods(statement) for statement in policy.statements)


def allows_pods(policy: TrustPolicy, action: str) -> bool:
    """Return whether *action* is allowed to EKS Pod Identity by name, under whatever conditions, and not denied."""
    speaking = [item for item in policy.statements if _has_action(item, action)]
    denied = any(not item.allows and not item.conditions and _principal(item) == "yes" for item in speaking)
    return not denied and any(map(_is_for_pods, speaking))


def pods_may(policy: TrustPolicy, action: str, workload: Workload) -> Answer:
    """Return whether EKS Pod Identity may do *action* (`ASSUME_ROLE`, `TAG_SESSION`) for a workload."""
    context = _context(workload)
    answers: list[tuple[bool, Answer]] = [
        (item.allows, _applies(policy, item, action, context)) for item in policy.statements
    ]
    denied = _any(answer for allows, answer in answers if not allows)
    allowed = _any(answer for allows, answer in answers if allows)
    return _all((allowed, _not(denied)))


def against_pods(policy: TrustPolicy, action: str, workload: Workload) -> tuple[str, ...]:
    """Return the conditions that keep EKS Pod Identity from doing *action* for a workload."""
    context = _context(workload)
    return tuple(
        dict.fromkeys(
            condition.shown
            for statement in policy.statements
            if _is_for_pods(statement) and _has_action(statement, action)
            for condition in statement.conditions
            if _holds(condition, context, variables=policy.variables) == "no"
        )
    )


def never_for_pods(policy: TrustPolicy, action: str) -> tuple[str, ...]:
    """Return the conditions by which no workload can ever do *action*: they ask for what EKS never sends."""
    context = _context(STRANGER)
    found = [
        [
            item.shown
            for item in statement.conditions
            if _is_sent(item.key.lower(), context) is False
            and _holds(item, context, variables=policy.variables) == "no"
        ]
        for statement in policy.statements
        if _is_for_pods(statement) and _has_action(statement, action)
    ]
    return tuple(dict.fromkeys(name for names in found for name in names)) if all(found) else ()


def _is_for_pods(statement: Statement) -> bool:
    return statement.allows and not statement.not_principals and _names_pods(statement)


def _names_pods(statement: Statement) -> bool:
    return any(item.kind == "Service" and item.name.lower() == PODS for item in statement.principals)


def _context(workload: Workload) -> Mapping[str, str]:
    """Return what EKS sends, by condition key in lower case, as far as it is known; no other tag is sent."""
    tags = {
        "eks-cluster-arn": workload.cluster_arn,
        "eks-cluster-name": workload.cluster_name,
        "kubernetes-namespace": workload.namespace,
        "kubernetes-service-account": workload.service_account,
    }
    sent = {f"{_TAG}{name}": value for name, value in tags.items()} if workload.session_tags else {}
    return {"aws:sourcearn": workload.cluster_arn, "aws:sourceaccount": workload.account, **sent}


def _tag_keys(context: Mapping[str, str]) -> tuple[str, ...]:
    known = tuple(key.removeprefix(_TAG) for key in context if key.startswith(_TAG))
    return (*known, *_OF_THE_POD) if known else ()


def _applies(policy: TrustPolicy, statement: Statement, action: str, context: Mapping[str, str]) -> Answer:
    if not _has_action(statement, action):
        return "no"
    conditions: list[Answer] = [_holds(item, context, variables=policy.variables) for item in statement.conditions]
    return _all((_principal(statement), *conditions))


def _has_action(statement: Statement, action: str) -> bool:
    named = any(
        read_value(item.lower(), wildcards=True).glob.matches(action.lower()) for item in statement.actions
    )  # fmt: skip
    return named != statement.not_actions


def _principal(statement: Statement) -> Answer:
    if _names_pods(statement):
        return "no" if statement.not_principals else "yes"
    return "depends" if statement.not_principals or any(map(_is_everyone, statement.principals)) else "no"


def _is_everyone(principal: Principal) -> bool:
    return principal.kind == "*" or principal.name == "*"


def _holds(condition: Condition, context: Mapping[str, str], *, variables: bool) -> Answer:
    operator, key = operator_of(condition.operator), condition.key.lower()
    present = _is_sent(key, context)
    if operator is None or present is None:
        return "depends"
    if operator.family is Family.NULL:
        return _known(("false" if present else "true") in {value.lower() for value in condition.values})
    if not present:
        return _known(operator.without_key())
    if operator.family is Family.OTHER or (key not in context and key != _TAG_KEYS):
        return "depends"
    if key == _TAG_KEYS:
        return _of_tag_keys(condition, operator, _tag_keys(context), variables=variables)
    return _compared(condition, operator, context[key], variables=variables)


def _is_sent(key: str, context: Mapping[str, str]) -> bool | None:
    """Return whether the request has a key; None: nobody can tell."""
    if key in context:
        return True
    if key == _TAG_KEYS:
        return bool(_tag_keys(context))
    return key.removeprefix(_TAG) in _tag_keys(context) if key.startswith(_TAG) else None


def _of_tag_keys(condition: Condition, operator: Operator, keys: tuple[str, ...], *, variables: bool) -> Answer:
    """Compare the only key with several values; what it means without a set operator is not documented."""
    answers: list[Answer] = [_compared(condition, operator, key, variables=variables) for key in keys]
    if not operator.set_of:
        return "depends"
    return _all(answers) if operator.set_of == "forallvalues" else _any(answers)


def _compared(condition: Condition, operator: Operator, text: str, *, variables: bool) -> Answer:
    wildcards, fold = operator.family in (Family.LIKE, Family.ARN), operator.family is Family.FOLDED
    values = [read_value(item, wildcards=wildcards, fold=fold, variables=variables) for item in condition.values]
    answers: list[Answer] = [_matches(value, text) for value in values]
    found = _any(answers)
    return _not(found) if operator.negated else found


def _matches(value: Value, text: str) -> Answer:
    if not value.glob.matches(text):
        return "no"
    return "yes" if value.certain else "depends"


def _known(value: bool) -> Answer:  # noqa: FBT001 - the truth value is the whole argument
    return "yes" if value else "no"


def _any(answers: Iterable[Answer]) -> Answer:
    found = set(answers)
    return "yes" if "yes" in found else "depends" if "depends" in found else "no"


def _all(answers: Iterable[Answer]) -> Answer:
    found = set(answers)
    return "no" if "no" in found else "depends" if "depends" in found else "yes"


def _not(answer: Answer) -> Answer:
    inverse: Mapping[Answer, Answer] = {"yes": "no", "no": "yes", "depends": "depends"}
    return inverse[answer]
