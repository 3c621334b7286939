"""Who can assume a role: trust policies decided exactly, with the semantics of IAM.

The subjects of service accounts are a regular language, the patterns of IAM are regular, and what policies do
with them (and, or, not) keeps them regular: so the set that a policy admits is computed, not guessed.
"""

from eksaminer.trust.document import TrustPolicyError
from eksaminer.trust.policy import Answer, TrustPolicy
from eksaminer.trust.reach import Reach, Width

__all__ = ["Answer", "Reach", "TrustPolicy", "TrustPolicyError", "Width"]
