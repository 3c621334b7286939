"""What CloudWatch Logs accepts in one filter pattern: facts of AWS, each with its source and the day it was read."""

AS_OF = "2026-11-23"

SYNTAX = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html"
"""Source of what follows, where nothing else is said."""

MOST_CHARACTERS = 1_024
"""botocore 1.44.5, service model of logs 2014-03-28, shape FilterPattern."""
MOST_REGEXES = 2
"""In a JSON or a space-delimited pattern."""
MOST_REGEX_FILTERS = 5
"""Filters with a regular expression, for each log group."""
MOST_WILDCARDS = 3
"""Property selectors with a wildcard, in a JSON pattern; one wildcard in each selector."""

MOST_REPEATS = 1_000
"""The documentation names no limit of `{m,n}`; this is the one of RE2 (github.com/google/re2, syntax)."""
MOST_POSITIONS = 10_000
"""Ours: what the counts of one regular expression may add up to, so that matching stays cheap."""
