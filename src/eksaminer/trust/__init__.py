"""Who can assume a role: trust policies decided exactly, with the semantics of IAM.

The subjects of service accounts are a regular language, the patterns of IAM are regular, and what policies do
with them (and, or, not) keeps them regular: so the set that a policy admits is computed, not guessed.
"""

from eksaminer.trust.correct import corrected
from eksaminer.trust.document import LARGEST, TrustPolicyError
from eksaminer.trust.examine import Admitted, Examined, ExaminedProvider, ExaminedStatement, Tried, examine
from eksaminer.trust.flaw import Flaw, FlawId, find_flaws
from eksaminer.trust.policy import ANY_PROVIDER, Answer, Clause, Reason, TrustPolicy
from eksaminer.trust.provider import Issuer, issuer_kind, issuer_of
from eksaminer.trust.reach import Reach, Width
from eksaminer.trust.subject import ANY_SUBJECT, SERVICE_ACCOUNTS, parts, shown, subject_of

__all__ = [
    "ANY_PROVIDER",
    "ANY_SUBJECT",
    "LARGEST",
    "SERVICE_ACCOUNTS",
    "Admitted",
    "Answer",
    "Clause",
    "Examined",
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
    "Width",
    "corrected",
    "examine",
    "find_flaws",
    "issuer_kind",
    "issuer_of",
    "parts",
    "shown",
    "subject_of",
]
