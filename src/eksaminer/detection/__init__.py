"""Detection rules: Sigma files, read, compiled and judged."""

from eksaminer.detection.allow_lists import expected_of, load_allow_lists
from eksaminer.detection.correlate import Episode, episodes
from eksaminer.detection.duck import to_sql
from eksaminer.detection.evaluate import matches
from eksaminer.detection.explain import explain
from eksaminer.detection.insights import insights_filter, narrow
from eksaminer.detection.observe import observable
from eksaminer.detection.rule import Correlation, Guide, GuideQuery, OtherLogError, Rule, RuleClass, RuleError
from eksaminer.detection.sigma import load_rules, read_rule, rules_from_text

__all__ = [
    "Correlation",
    "Episode",
    "Guide",
    "GuideQuery",
    "OtherLogError",
    "Rule",
    "RuleClass",
    "RuleError",
    "episodes",
    "expected_of",
    "explain",
    "insights_filter",
    "load_allow_lists",
    "load_rules",
    "matches",
    "narrow",
    "observable",
    "read_rule",
    "rules_from_text",
    "to_sql",
]
