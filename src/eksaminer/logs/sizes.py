"""What makes an audit log large: its bytes by client, user, verb and resource, about, from what each event holds."""

import duckdb

from eksaminer.evidence.scan import KEPT_CONTRIBUTIONS, Contribution, Dimension

FRAME = 1_000
"""What an event has besides the texts that are counted: names of fields, times, ids. The mean of recorded events;
with it nine in ten events are told to within a quarter, and sums over many to within a few per cent."""
SIZE = f"""
  {FRAME} + coalesce(strlen(CAST(request_json AS VARCHAR)), 0) + coalesce(strlen(CAST(response_json AS VARCHAR)), 0)
  + coalesce(strlen(uri), 0) + coalesce(strlen(agent), 0) + coalesce(strlen(username), 0)
  + coalesce(strlen(namespace), 0) + coalesce(strlen(name), 0) + coalesce(strlen(reason), 0)
"""
"""In the columns of an event. The length of a text in bytes is at hand: nothing has to be read again."""
TABLE = (
    "CREATE TABLE sizes (agent VARCHAR, username VARCHAR, verb VARCHAR, resource VARCHAR, events BIGINT, bytes BIGINT)"
)
KEEP = """
INSERT INTO sizes
SELECT substr(coalesce(agent, ''), 1, 1000), substr(coalesce(username, ''), 1, 1000), coalesce(verb, ''),
  CASE WHEN coalesce(subresource, '') = '' THEN coalesce(resource, '') ELSE resource || '/' || subresource END,
  sum(events)::BIGINT, sum(bytes)::BIGINT
FROM grouped WHERE NOT own GROUP BY ALL
"""
LARGEST = """
SELECT {column}, sum(events)::BIGINT, sum(bytes)::BIGINT FROM sizes
GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT {first}
"""
COLUMNS: tuple[tuple[Dimension, str], ...] = (
    ("agent", "agent"),
    ("user", "username"),
    ("verb", "verb"),
    ("resource", "resource"),
)


def contributions(connection: duckdb.DuckDBPyConnection) -> tuple[Contribution, ...]:
    """Return the largest values of each dimension, and the whole (`all`); nothing where no event was read."""
    events, size = connection.execute("SELECT sum(events)::BIGINT, sum(bytes)::BIGINT FROM sizes").fetchall()[0]
    if not events:
        return ()
    found = [Contribution(dimension="all", value="", events=events, bytes=size)]
    for dimension, column in COLUMNS:
        rows = connection.execute(LARGEST.format(column=column, first=KEPT_CONTRIBUTIONS)).fetchall()
        found += [Contribution(dimension=dimension, value=row[0], events=row[1], bytes=row[2]) for row in rows]
    return tuple(found)
