"""The price floor: what is counted, and that nothing unlooked-at is taken to be free.

Does not prove that the prices are AWS's: they are a list with a date.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from environments.problems import Exit, Refusal
from environments.vocabulary import Cloud
from modules.cost.floor import Price, PriceList, floor, price_list

GATE, DOOR, BUCKET, ROLE = "x:gate:Gate", "x:door:Door", "x:bucket:Bucket", "x:role:Role"
PRICES = PriceList(
    as_of=date(2025, 6, 1),
    region="here",
    currency="USD",
    fixed={
        GATE: Price("gate", Decimal("35.04"), "page"),
        DOOR: Price("door", Decimal("8.03"), "page", times="zones", where={"kind": "paid"}),
    },
    by_use={BUCKET: "GB"},
    free=frozenset({ROLE, DOOR}),
)


def priced(*resources: tuple[str, dict[str, Any]]) -> Any:
    return floor(PRICES, resources)


def test_units_add_up_to_the_cent() -> None:
    found = priced((GATE, {}), (GATE, {}), (DOOR, {"kind": "paid", "zones": ["a", "b", "c"]}))
    assert found.units == {GATE: 2, DOOR: 3}
    assert found.total == Decimal("94.17")


def test_what_is_not_of_the_paid_kind_is_looked_up_like_any_other() -> None:
    found = priced((DOOR, {"kind": "free"}))
    assert (found.units, found.free, found.total) == ({}, (DOOR,), 0)


def test_what_is_billed_by_use_or_not_at_all_is_named() -> None:
    found = priced((BUCKET, {}), (ROLE, {}), (ROLE, {}))
    assert (found.by_use, found.free, found.unknown) == ((BUCKET,), (ROLE,), ())


def test_a_type_that_nobody_has_looked_at_is_named_and_not_free() -> None:
    found = priced(("x:new:Thing", {}))
    assert (found.unknown, found.free) == (("x:new:Thing",), ())


def test_a_number_that_is_not_known_before_apply_is_named() -> None:
    found = priced((DOOR, {"kind": "paid", "zones": {"$unknown": True}}))
    assert (found.unknown, found.total) == ((DOOR,), 0)


def test_the_price_list_of_aws_has_a_page_for_every_price_and_each_type_once() -> None:
    prices = price_list(Cloud.AWS)
    assert all(price.page.startswith("https://aws.amazon.com/") for price in prices.fixed.values())
    assert all(price.monthly > 0 for price in prices.fixed.values())
    assert not set(prices.by_use) & (set(prices.fixed) | prices.free)
    # Some of a type may be free, if a condition says which.
    assert {type_ for type_ in set(prices.fixed) & prices.free if not prices.fixed[type_].where} == set()


def test_a_cloud_without_a_price_list_is_refused() -> None:
    with pytest.raises(Refusal, match="no price list of gcp") as caught:
        price_list(Cloud.GCP)
    assert caught.value.exit_code == Exit.UNAVAILABLE
