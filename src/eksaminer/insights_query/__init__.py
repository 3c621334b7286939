"""Queries of CloudWatch Logs Insights, as far as they choose log events: read, and tried on events.

`InsightsQuery.parse(text)` reads one, `.answer(row)` says whether a log event passes its filters: `yes`, `no`, or
`open` where that depends on what is not documented or not read here. `discovered(message)` makes a row of a line.
"""

from eksaminer.insights_query.error import InsightsQueryError
from eksaminer.insights_query.evaluate import AS_DOCUMENTED, Answer, Reading, Row, number_of, text_of
from eksaminer.insights_query.fields import MAX_FIELDS, discovered
from eksaminer.insights_query.query import InsightsQuery

__all__ = [
    "AS_DOCUMENTED",
    "MAX_FIELDS",
    "Answer",
    "InsightsQuery",
    "InsightsQueryError",
    "Reading",
    "Row",
    "discovered",
    "number_of",
    "text_of",
]
