"""What the areas read through: the gate, seen from one region, remembering what a section was read from."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from eksaminer.collect.session import Answer, Aws, CallFailed


class Reader:
    """Reads for one section in one region."""

    def __init__(self, aws: Aws, region: str) -> None:
        self.aws = aws
        self.region = region
        self._sources: list[str] = []

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of the calls so far, in order, each once."""
        return tuple(dict.fromkeys(self._sources))

    def call(
        self,
        key: str,
        params: Mapping[str, Any] | None = None,
        *,
        region: str = "",
        again: bool = False,
        shown: Mapping[str, str] | None = None,
    ) -> Answer:
        """Call an operation, as `Aws.call` does. Raises `CallFailed`."""
        try:
            answer = self.aws.call(key, region or self.region, params, again=again, shown=shown)
        except CallFailed as failed:
            self.note(failed.source)
            raise
        self.note(answer.source.id)
        return answer

    def pages(
        self,
        key: str,
        params: Mapping[str, Any] | None = None,
        *,
        region: str = "",
        shown: Mapping[str, str] | None = None,
    ) -> Iterator[Answer]:
        """Call an operation page by page, each when it is wanted; *shown* as in `call`. Raises `CallFailed`."""
        try:
            for answer in self.aws.pages(key, region or self.region, params, shown=shown):
                self.note(answer.source.id)
                yield answer
        except CallFailed as failed:
            self.note(failed.source)
            raise

    def items(self, key: str, field: str, params: Mapping[str, Any] | None = None, *, region: str = "") -> list[Any]:
        """Return the items of *field* of all pages. Raises `CallFailed`.

        AWS gives the field even where the list is empty. Without it (`KeyError`) the answer is none: botocore
        takes a page of a proxy, say, for an answer that has no field at all.
        """
        return [item for answer in self.pages(key, params, region=region) for item in answer.data[field]]

    def note(self, source: str) -> None:
        """Remember a source that something was read from."""
        if source:
            self._sources.append(source)


def from_milliseconds(value: int) -> datetime:
    """Return the time of CloudWatch's milliseconds since 1970."""
    return datetime.fromtimestamp(value / 1000, tz=UTC)


def utc(value: datetime) -> datetime:
    """Return *value* in UTC: botocore gives local times with an offset."""
    return value.astimezone(UTC)


def text(value: Any) -> str:
    """Return *value* as text; empty where the API left it out."""
    return "" if value is None else str(value)
