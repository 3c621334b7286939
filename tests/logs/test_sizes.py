"""What makes an audit log large: the estimate holds against the bytes that were really written."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from eksaminer.logs import scan
from eksaminer.registry import load_checks

LOG = Path(__file__).parents[2].parent / "shared/data/audit-logs/benign/audit.jsonl.gz"
pytestmark = pytest.mark.skipif(not LOG.exists(), reason="the recorded logs are not here")


def test_tells_within_a_few_per_cent_who_wrote_most() -> None:
    truth: Counter[str] = Counter()
    with gzip.open(LOG) as lines:
        for line in lines:
            truth[json.loads(line)["user"]["username"]] += len(line)
    with scan([LOG], load_checks().rules) as outcome:
        sizes = outcome.section(origin="files").sizes

    whole = next(item.bytes for item in sizes if item.dimension == "all")
    found = {item.value: item.bytes for item in sizes if item.dimension == "user"}
    assert whole == pytest.approx(sum(truth.values()), rel=0.05)
    for name, size in truth.most_common(5):
        assert found[name] == pytest.approx(size, rel=0.2)
    for dimension in ("agent", "user", "verb", "resource"):
        assert sum(item.bytes for item in sizes if item.dimension == dimension) <= whole


def test_says_nothing_where_matching_events_alone_were_asked_for() -> None:
    with scan([LOG], load_checks().rules) as outcome:
        assert outcome.section(origin="cloudwatch").sizes == ()
