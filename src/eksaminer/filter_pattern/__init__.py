"""Filter patterns of CloudWatch Logs: what metric filters, subscription filters and searches match.

`FilterPattern.parse(text)` reads one, `.matches(message)` judges a message by the documentation of AWS. What that
leaves open is in one place, `policy.py`, and `.answer(message)` says when a result depends on it.
"""

from eksaminer.filter_pattern.error import FilterPatternError
from eksaminer.filter_pattern.pattern import Answer, FilterPattern, Kind
from eksaminer.filter_pattern.policy import DEFAULT, Policy, Question

__all__ = ["DEFAULT", "Answer", "FilterPattern", "FilterPatternError", "Kind", "Policy", "Question"]
