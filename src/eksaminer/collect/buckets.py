"""Files of CloudTrail in S3: which objects below a prefix are needed, fetched into a private folder."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from eksaminer.collect.aws.reader import Reader
from eksaminer.collect.discovery import DEFAULT_REGION, Discovery, lost
from eksaminer.collect.errors import SelectionError
from eksaminer.collect.gaps import attempt, gap_of
from eksaminer.collect.session import CallFailed
from eksaminer.gap import Cause, Gap
from eksaminer.logs.source import LogFile

SCHEME = "s3://"
MOST_OBJECTS = 20_000
MOST_BYTES = 5 * 10**9
MOST_PAGES = 200
"""Of 1,000 keys each."""
WORKERS = 10
LATE = timedelta(days=1)
"""A file may be delivered so long after its events, and more: the name tells when it was delivered."""

_URL = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/(?P<prefix>.*))?")
_ACCOUNT = re.compile(r"(?:^|/)AWSLogs/(?:o-[a-z0-9]+/)?(\d{12})/")
_DELIVERED = re.compile(r"_(\d{8}T\d{4})Z_[^/]*$")
_OTHER = (
    "/CloudTrail-Digest/",
    "/CloudTrail-Insight/",
    "/CloudTrail-Aggregated/",
    "/Config/",
    "/elasticloadbalancing/",
)
"""What else lies below AWSLogs: no events of calls."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """A part of a bucket."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, url: str) -> "Prefix":
        """Read `s3://bucket/prefix`. Raises `SelectionError`."""
        found = _URL.fullmatch(url)
        if found is None:
            raise SelectionError(f"{url} names no bucket.", "Write s3://BUCKET/PREFIX.")
        return cls(found["bucket"], found["prefix"] or "")


@dataclass(frozen=True, slots=True)
class _Object:
    bucket: str
    key: str
    size: int

    @property
    def name(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"


@dataclass
class Fetched:
    """What came of the buckets."""

    files: list[LogFile] = field(default_factory=list[LogFile])
    left_out: int = 0
    """Objects that were not needed: digests, Insights, other accounts', or outside the window."""
    unread: list[Gap] = field(default_factory=list[Gap])
    """Why objects that were needed are missing."""
    sources: list[str] = field(default_factory=list[str])


def fetch(found: Discovery, urls: Sequence[str], folder: Path) -> Fetched:
    """Fetch the objects of *urls* that are needed. Raises `SelectionError`."""
    prefixes = [Prefix.parse(url) for url in urls]
    fetched = Fetched()
    objects: list[_Object] = []
    for prefix in prefixes:
        reader = Reader(found.aws, found.aws.region or next(iter(found.regions), DEFAULT_REGION))
        listed = attempt(lambda: list(_listed(reader, prefix, fetched)), f"the bucket {prefix.bucket}")  # noqa: B023 - called at once
        fetched.sources += reader.sources
        if isinstance(listed, Gap):
            fetched.unread.append(listed)
        else:
            objects += listed
    needed = [item for item in dict.fromkeys(objects) if _is_needed(found, item)]
    fetched.left_out = len(objects) - len(needed)
    _download(found, list(_within(needed, fetched)), folder, fetched)
    return fetched


def _listed(reader: Reader, prefix: Prefix, fetched: Fetched) -> Iterator[_Object]:
    """Yield the objects below a prefix. Raises `CallFailed`."""
    params = {"Bucket": prefix.bucket, "Prefix": prefix.prefix}
    for number, answer in enumerate(reader.pages("s3:ListObjectsV2", params), 1):
        for item in answer.data.get("Contents") or ():
            yield _Object(prefix.bucket, str(item["Key"]), int(item["Size"]))
        if number >= MOST_PAGES and answer.data.get("IsTruncated"):
            detail = f"More than {number * 1000:,} objects lie below s3://{prefix.bucket}/{prefix.prefix}: name a day."
            fetched.unread.append(Gap(cause=Cause.CAPPED, detail=detail))
            return


def _is_needed(found: Discovery, item: _Object) -> bool:
    """Whether an object can hold events of the account within the window. What its name does not tell, it may."""
    if item.key.endswith("/") or any(part in f"/{item.key}" for part in _OTHER):
        return False
    account = _ACCOUNT.search(item.key)
    if account is not None and account[1] != found.account.account:
        return False
    since, until = found.request.since, found.request.until
    delivered = _delivered(item.key)
    if delivered is None:
        return True
    return (since is None or delivered >= since) and (until is None or delivered <= until + LATE)


def _delivered(key: str) -> datetime | None:
    stamp = _DELIVERED.search(key)
    try:
        return datetime.strptime(stamp[1], "%Y%m%dT%H%M").replace(tzinfo=UTC) if stamp else None
    except ValueError:
        return None


def _within(objects: Iterable[_Object], fetched: Fetched) -> Iterator[_Object]:
    """Yield as many objects as the limits allow, in the order of their names."""
    total = count = left = 0
    for item in sorted(objects, key=lambda item: item.name):
        if count >= MOST_OBJECTS or total + item.size > MOST_BYTES:
            left += 1
            continue
        total, count = total + item.size, count + 1
        yield item
    if left:
        detail = (
            f"{left:,} objects were not read: at most {MOST_OBJECTS:,} objects and {MOST_BYTES / 10**9:g} GB are. "
            "Name a longer prefix, or a window with --since and --until."
        )
        fetched.unread.append(Gap(cause=Cause.CAPPED, detail=detail))


def _download(found: Discovery, objects: Sequence[_Object], folder: Path, fetched: Fetched) -> None:
    tasks = {item: partial(_one, found, item, folder / f"object-{number:06d}") for number, item in enumerate(objects)}
    read = found.pool.run(tasks, lambda item: item.name, workers=WORKERS)
    for item in objects:
        path = read.get(item, lost(found.aws))
        if isinstance(path, Gap):
            fetched.unread.append(path)
        else:
            fetched.files.append(LogFile(path, item.name, named=False))


def _one(found: Discovery, item: _Object, target: Path) -> Path | Gap:
    region = found.aws.region or next(iter(found.regions), DEFAULT_REGION)
    try:
        found.aws.download("s3:GetObject", region, {"Bucket": item.bucket, "Key": item.key}, target)
    except CallFailed as failed:
        return gap_of(failed)
    return target
