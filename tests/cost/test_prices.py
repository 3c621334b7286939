"""The shipped table has a source and a date for each price; a file of the user's is checked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from eksaminer.cost import parse_prices, table
from eksaminer.errors import ConfigError

NEGOTIATED = """
currency = "USD"
date = 2026-10-01
source = "Agreement 4711"

[regions.eu-central-1]
ingestion = [{ up_to_gb = 10240, price = 0.44 }, { price = "0.22" }]
storage = 0.02
"""


def test_every_price_of_the_table_has_a_date_and_a_source() -> None:
    assert table()
    for region, sheet in table().items():
        assert (sheet.region, sheet.origin) == (region, "table")
        assert sheet.source
        assert sheet.ingestion
        assert date(2025, 1, 1) < sheet.date <= date(2026, 11, 23)


def test_a_region_whose_price_was_not_read_is_not_in_the_table() -> None:
    assert "eu-central-1" not in table()


def test_reads_negotiated_prices_exactly() -> None:
    (sheet,) = parse_prices(NEGOTIATED, "prices.toml")

    assert (sheet.region, sheet.origin, sheet.source) == ("eu-central-1", "file", "Agreement 4711")
    assert [(tier.up_to_gb, tier.price) for tier in sheet.ingestion] == [
        (10240, Decimal("0.44")),
        (None, Decimal("0.22")),
    ]
    assert (sheet.storage, sheet.scan) == (Decimal("0.02"), None)


BAD = [
    pytest.param("[", "is not TOML", id="no TOML"),
    pytest.param('date = 2026-10-01\n[regions.a]\nstorage = "1"', "currency", id="no currency"),
    pytest.param('currency = "USD"\n[regions.a]\nstorage = "1"', "no date", id="no date"),
    pytest.param(NEGOTIATED + "archive = 1", "archive", id="an unknown key"),
    pytest.param(NEGOTIATED.replace("0.44", "-0.44"), "below zero", id="below zero"),
    pytest.param(NEGOTIATED.replace("0.44", "nan"), "below zero", id="no number"),
    pytest.param(NEGOTIATED.replace("0.44", "0.11"), "dearer", id="a dearer tier"),
    pytest.param(NEGOTIATED.replace("up_to_gb = 10240, ", ""), "not in order", id="an endless tier too early"),
    pytest.param(NEGOTIATED.replace("10240", "0"), "not in order", id="a tier without a size"),
]


@pytest.mark.parametrize(("text", "said"), BAD)
def test_a_file_that_cannot_be_used_is_refused_with_a_sentence(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_prices(text, "prices.toml")

    assert said in refused.value.what
    assert refused.value.what.startswith("prices.toml")
