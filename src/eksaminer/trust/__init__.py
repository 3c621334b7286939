"""Who can assume a role: trust policies decided exactly, with the semantics of IAM.

The subjects of service accounts are a regular language, the patterns of IAM are regular, and what policies do
with them (and, or, not) keeps them regular: so the set that a policy admits is computed, not guessed.
"""

from eksaminer.trust.audience import audiences_of, read_policy, widest_audience
from eksaminer.trust.condition import AUDIENCE
from eksaminer.trust.correct import corrected
from eksaminer.trust.document import LARGEST, TrustPolicyError
from eksaminer.trust.examine import (
    Admitted,
    Examined,
    ExaminedPods,
    ExaminedProvider,
    ExaminedStatement,
    Tried,
    examine,
)
from eksaminer.trust.flaw import Flaw, FlawId, find_flaws
from eksaminer.trust.glob import Value, read_value
from eksaminer.trust.pods import (
    ASSUME_ROLE,
    PODS,
    STRANGER,
    TAG_SESSION,
    Workload,
    against_pods,
    allows_pods,
    never_for_pods,
    pods_may,
    trusts_pods,
)
from eksaminer.trust.policy import ANY_PROVIDER, MOST_AUDIENCES, Answer, Clause, Reason, TrustPolicy
from eksaminer.trust.provider import Issuer, issuer_kind, issuer_of
from eksaminer.trust.reach import Reach, Width
from eksaminer.trust.subject import ANY_SUBJECT, SERVICE_ACCOUNTS, parts, shown, subject_of

__all__ = [
    "ANY_PROVIDER",
    "ANY_SUBJECT",
    "ASSUME_ROLE",
    "AUDIENCE",
    "LARGEST",
    "MOST_AUDIENCES",
    "PODS",
    "SERVICE_ACCOUNTS",
    "STRANGER",
    "TAG_SESSION",
    "Admitted",
    "Answer",
    "Clause",
    "Examined",
    "ExaminedPods",
    "ExaminedProvider",
    "ExaminedStatement",
    "Flaw",
    "FlawId",
    "Issuer",
    "Reach",
    "Reason",
    "Tried",
    "TrustPolicy",
    "TrustPolicyError",
    "Value",
    "Width",
    "Workload",
    "against_pods",
    "allows_pods",
    "audiences_of",
    "corrected",
    "examine",
    "find_flaws",
    "issuer_kind",
    "issuer_of",
    "never_for_pods",
    "parts",
    "pods_may",
    "read_policy",
    "read_value",
    "shown",
    "subject_of",
    "trusts_pods",
    "widest_audience",
]
