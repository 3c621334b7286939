"""Which prices hold in a region: negotiated ones, else those of the Price List API, else a dated table, else none."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files

import msgspec

from eksaminer.errors import ConfigError
from eksaminer.evidence.cost import PriceSheet, Tier
from eksaminer.record import Record

TABLE = "prices.toml"
Day = date


class _Tier(Record, frozen=True, kw_only=True):
    price: Decimal
    up_to_gb: int | None = None


class _Region(Record, frozen=True, kw_only=True):
    ingestion: tuple[_Tier, ...] = ()
    ingestion_infrequent: tuple[_Tier, ...] = ()
    storage: Decimal | None = None
    scan: Decimal | None = None
    firehose: Decimal | None = None
    object_storage: Decimal | None = None
    insights: Decimal | None = None
    date: Day | None = None
    source: str = ""


class _File(Record, frozen=True, kw_only=True):
    currency: str
    regions: dict[str, _Region]
    date: Day | None = None
    source: str = ""


@cache
def table() -> Mapping[str, PriceSheet]:
    """Return the prices that the program ships, by region."""
    text = files("eksaminer.cost").joinpath(TABLE).read_text("utf-8")
    return {sheet.region: sheet for sheet in _sheets(text, "", "table")}


def parse_prices(text: str, name: str) -> tuple[PriceSheet, ...]:
    """Read a file with negotiated prices, by region: TOML like the table that the program ships.

    Raises:
        ConfigError: It is not TOML, has an unknown key, or prices that cannot be.
    """
    try:
        found = tuple(_sheets(text, name, "file"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name} is not TOML: {error}.", HINT) from error
    except msgspec.ValidationError as error:
        raise ConfigError(f"{name}: {error}.", HINT) from error
    for sheet in found:
        _check(sheet, name)
    return found


HINT = 'Write currency = "USD", date and source, and per region ingestion, storage and scan; the README shows how.'


def _sheets(text: str, name: str, origin: str) -> list[PriceSheet]:
    data = tomllib.loads(text, parse_float=Decimal)
    found = msgspec.convert(data, _File)
    sheets: list[PriceSheet] = []
    for region, prices in sorted(found.regions.items()):
        day = prices.date or found.date
        if day is None:
            raise msgspec.ValidationError(f"the prices of {region} have no date")
        sheets.append(
            PriceSheet(
                region=region,
                currency=found.currency,
                origin="file" if origin == "file" else "table",
                source=prices.source or found.source or name,
                date=day,
                ingestion=_tiers(prices.ingestion),
                ingestion_infrequent=_tiers(prices.ingestion_infrequent),
                storage=prices.storage,
                scan=prices.scan,
                firehose=prices.firehose,
                object_storage=prices.object_storage,
                insights=prices.insights,
            )
        )
    return sheets


def _tiers(given: Sequence[_Tier]) -> tuple[Tier, ...]:
    return tuple(Tier(up_to_gb=item.up_to_gb, price=item.price) for item in given)


def _check(sheet: PriceSheet, name: str) -> None:
    """Refuse prices below zero, and tiers that are out of order or become dearer. Raises `ConfigError`."""
    single = (sheet.storage, sheet.scan, sheet.firehose, sheet.object_storage, sheet.insights)
    tiers = (sheet.ingestion, sheet.ingestion_infrequent)
    prices = [price for price in single if price is not None] + [tier.price for row in tiers for tier in row]
    if any(not price.is_finite() or price < 0 for price in prices):
        raise ConfigError(f"{name}: {sheet.region} has a price below zero, or none.", "Write amounts such as 0.42.")
    for row in tiers:
        ends = [tier.up_to_gb for tier in row]
        known = [end for end in ends if end is not None]
        if None in ends[:-1] or known != sorted(set(known)) or any(end < 1 for end in known):
            raise ConfigError(
                f"{name}: the tiers of {sheet.region} are not in order.",
                "Each but the last needs up_to_gb, larger than that of the one before.",
            )
        if [tier.price for tier in row] != sorted((tier.price for tier in row), reverse=True):
            raise ConfigError(
                f"{name}: a later tier of {sheet.region} is dearer than an earlier one.", "Check the order of prices."
            )
