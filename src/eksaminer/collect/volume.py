"""How much log there is: what CloudWatch's own metrics say came in, so that a scan can be priced and capped."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from eksaminer.collect.aws.reader import Reader, utc
from eksaminer.outcome import Period
from eksaminer.record import Record

DAY = 86_400
SERIES = 500
"""Metrics that a request may ask for (CloudWatch API, GetMetricData)."""
METRICS = ("IncomingBytes", "IncomingLogEvents")
BATCH = 250
"""Log groups per request: two metrics each, of 500 that a request may ask for."""
PERIODS = ((timedelta(days=3), 300), (timedelta(days=31), 3_600))
"""Up to which length of the window which period in seconds is asked for: fewer than 1,000 values a metric."""
LONGEST_PERIOD = DAY


class Volume(Record, frozen=True, kw_only=True):
    """What came into a log group within a window, all its streams together."""

    bytes: int
    events: int


def read_volumes(reader: Reader, groups: Sequence[str], window: Period) -> Mapping[str, Volume]:
    """Return the volume of each log group of the region by name. Raises `CallFailed`."""
    sums = dict.fromkeys(((name, metric) for name in groups for metric in METRICS), 0.0)
    for start in range(0, len(groups), BATCH):
        batch = [(name, metric) for name in groups[start : start + BATCH] for metric in METRICS]
        params = _params(batch, window, _period(window))
        for answer in reader.pages("cloudwatch:GetMetricData", params):
            for result in answer.data["MetricDataResults"]:
                sums[batch[int(str(result["Id"]).removeprefix("m"))]] += sum(result.get("Values") or ())
    return {name: Volume(bytes=int(sums[name, METRICS[0]]), events=int(sums[name, METRICS[1]])) for name in groups}


def read_daily(reader: Reader, groups: Sequence[str], days: Period) -> Mapping[str, tuple[int | None, ...]]:
    """Return the bytes that came into each log group on each of *days*, oldest first; None: CloudWatch has no value.

    The name `""` stands for all log groups of the region together. *days* begin and end at midnight UTC.

    Raises:
        CallFailed: The metrics cannot be read.
    """
    length = (days.until - days.since).days
    found: dict[str, list[int | None]] = {name: [None] * length for name in groups}
    for start in range(0, len(groups), SERIES):
        batch = [(name, METRICS[0]) for name in groups[start : start + SERIES]]
        shown = {"metric": f"AWS/Logs {METRICS[0]} of {len(batch)} series, day by day", "first": batch[0][0]}
        params = _params(batch, days, DAY)
        for answer in reader.pages("cloudwatch:GetMetricData", params, shown=shown):
            for result in answer.data["MetricDataResults"]:
                series = found[batch[int(str(result["Id"]).removeprefix("m"))][0]]
                for time, value in zip(result.get("Timestamps") or (), result.get("Values") or (), strict=True):
                    place = (utc(time) - days.since).days
                    series[place] = (series[place] or 0) + int(value)
    return {name: tuple(series) for name, series in found.items()}


def _params(batch: Sequence[tuple[str, str]], window: Period, period: int) -> dict[str, Any]:
    return {
        "MetricDataQueries": [_query(number, name, metric, period) for number, (name, metric) in enumerate(batch)],
        "StartTime": _aligned(window.since, period),
        "EndTime": _aligned(window.until, period, up=True),
        "ScanBy": "TimestampAscending",
    }


def _query(number: int, group: str, metric: str, period: int) -> dict[str, Any]:
    dimensions = [{"Name": "LogGroupName", "Value": group}] if group else []
    return {
        "Id": f"m{number}",
        "MetricStat": {
            "Metric": {"Namespace": "AWS/Logs", "MetricName": metric, "Dimensions": dimensions},
            "Period": period,
            "Stat": "Sum",
        },
    }


def _period(window: Period) -> int:
    length = window.until - window.since
    return next((seconds for longest, seconds in PERIODS if length <= longest), LONGEST_PERIOD)


def _aligned(time: datetime, period: int, *, up: bool = False) -> datetime:
    """CloudWatch keeps values at whole periods: the window is widened to them."""
    seconds = int(time.timestamp())
    whole = seconds - seconds % period
    if up and whole != time.timestamp():
        whole += period
    return datetime.fromtimestamp(whole, tz=UTC)
