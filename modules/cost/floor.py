"""The least that an environment costs in a month: what is billed by the hour or the month, used or not.

Everything that is captured is looked up in one price list. A type that nobody has looked at is named, and not
taken to be free; what is billed by use is named with what is counted.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from environments.problems import Exit, Refusal
from environments.vocabulary import Cloud

LISTS = {Cloud.AWS: Path(__file__).with_name("aws_prices.toml")}


@dataclass(frozen=True)
class Price:
    """What one thing of a type costs."""

    what: str
    monthly: Decimal
    page: str
    """Where the price is from."""
    besides: str = ""
    """What is charged by use on top."""
    times: str = ""
    where: Mapping[str, str] = field(default_factory=dict)

    def units(self, inputs: Mapping[str, Any]) -> int | None:
        """How many times a resource costs this; 0 if it does not, None where that is not known before apply."""
        if any(inputs.get(name) != wanted for name, wanted in self.where.items()):
            return 0
        if not self.times:
            return 1
        counted = inputs.get(self.times)
        return len(counted) if isinstance(counted, list) else None


@dataclass(frozen=True)
class PriceList:
    """The list prices of one cloud in one region."""

    as_of: date
    region: str
    currency: str
    fixed: Mapping[str, Price]
    by_use: Mapping[str, str]
    free: frozenset[str]


@dataclass(frozen=True)
class Floor:
    """What is paid for in any case."""

    units: Mapping[str, int]
    """How many, by type."""
    total: Decimal
    by_use: tuple[str, ...]
    """Types that are billed by use alone."""
    free: tuple[str, ...]
    unknown: tuple[str, ...]
    """Types that the price list does not have, or whose number is not known before apply."""


def price_list(cloud: Cloud) -> PriceList:
    """The price list of a cloud.

    Raises:
        Refusal: nobody has written one.
    """
    if cloud not in LISTS:
        raise Refusal.because(
            f"there is no price list of {cloud}",
            remedy=f"there is one of {', '.join(LISTS)}; add a file beside modules/cost/aws_prices.toml",
            exit_code=Exit.UNAVAILABLE,
        )
    return _read(LISTS[cloud])


@cache
def _read(file: Path) -> PriceList:
    content = tomllib.loads(file.read_text())
    hours = Decimal(content["hours_per_month"])
    fixed = {}
    for type_, entry in content["fixed"].items():
        hourly, monthly = entry.pop("per_hour", None), entry.pop("per_month", None)
        price = Decimal(hourly) * hours if hourly else Decimal(monthly)
        fixed[type_] = Price(monthly=price, **entry)
    return PriceList(
        content["as_of"],
        content["region"],
        content["currency"],
        fixed,
        content["by_use"],
        frozenset(content["free"]["types"]),
    )


def floor(prices: PriceList, resources: Iterable[tuple[str, Mapping[str, Any]]]) -> Floor:
    """The floor of what would be made: types, and inputs as the provider gets them."""
    units: dict[str, int] = {}
    by_use: set[str] = set()
    free: set[str] = set()
    unknown: set[str] = set()
    for type_, inputs in resources:
        price = prices.fixed.get(type_)
        count = price.units(inputs) if price else 0
        if count is None:
            unknown.add(type_)
        elif count:
            units[type_] = units.get(type_, 0) + count
        elif type_ in prices.by_use:
            by_use.add(type_)
        elif type_ in prices.free:
            free.add(type_)
        else:
            unknown.add(type_)
    total = sum((prices.fixed[type_].monthly * count for type_, count in units.items()), Decimal(0))
    return Floor(units, total, *(tuple(sorted(found)) for found in (by_use, free, unknown)))
