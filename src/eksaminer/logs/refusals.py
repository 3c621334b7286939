"""How often requests were refused, minute by minute: what a metric filter on 401 and 403 would have counted."""

from eksaminer.detection.fields import Log
from eksaminer.evidence.scan import MOST_REFUSAL_MINUTES, Refusals
from eksaminer.gap import Cause, Gap
from eksaminer.logs.coverage import NO_AUDIT_LOG
from eksaminer.logs.engine import Engine

COUNTS = """
SELECT minute, count(DISTINCT id) FILTER (kind = 0), count(DISTINCT id) FILTER (kind = 1),
  count(DISTINCT id) FILTER (kind = 2)
FROM refusals GROUP BY minute ORDER BY minute LIMIT {most}
"""


def refusals(engine: Engine) -> Refusals | Gap:
    """Return the log events of the window that say a request was refused, by minute."""
    if engine.logs == {Log.TRAIL}:
        return NO_AUDIT_LOG
    rows = engine.rows(COUNTS.format(most=MOST_REFUSAL_MINUTES + 1))
    if len(rows) > MOST_REFUSAL_MINUTES:
        detail = (
            f"More than {MOST_REFUSAL_MINUTES:,} minutes of the window have a refused request: "
            "they were not kept minute by minute. Choose a shorter window."
        )
        return Gap(cause=Cause.CAPPED, detail=detail)
    return Refusals(minutes=tuple((row[0], row[1], row[2], row[3]) for row in rows))
