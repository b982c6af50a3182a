"""The floors of several environments, side by side, as the page in the docs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from modules.cost.floor import Floor, PriceList

COMMAND = "./sluice env cost --markdown"


def markdown(prices: PriceList, floors: Mapping[str, Floor]) -> str:
    """The whole page; the same floors always give the same text."""
    return "\n".join([*_head(prices), *_table(prices, floors), *_rest(prices, floors)]) + "\n"


def rows(prices: PriceList, floors: Mapping[str, Floor]) -> Iterator[tuple[str, str, list[str]]]:
    """Each thing that is billed in any case: what, its price, and per environment how many and how much."""
    for type_, price in prices.fixed.items():
        counts = [floor.units.get(type_, 0) for floor in floors.values()]
        if any(counts):
            cells = [f"{count}: {money(price.monthly * count)}" if count else "none" for count in counts]
            yield price.what, money(price.monthly), cells


def money(amount: Decimal) -> str:
    """An amount with two places."""
    return f"{amount:,.2f}"


def _head(prices: PriceList) -> Iterator[str]:
    yield "# The monthly price floor"
    yield ""
    yield (
        f"Written by `{COMMAND}` from what the stacks would make; a test holds this page to them. In {prices.currency},"
        f" list prices of {prices.region} as of {prices.as_of:%B %Y}, without tax, credits and savings plans, out of"
        " `modules/cost/aws_prices.toml`. They were not looked up when this page was written: check the pages named"
        " below before you plan by them."
    )
    yield ""
    yield (
        "The floor is what is billed by the hour or the month, used or not. Storage, traffic, requests, queries and"
        " jobs come on top; services that are not built yet are not in it."
    )
    yield ""


def _table(prices: PriceList, floors: Mapping[str, Floor]) -> Iterator[str]:
    yield f"| what | each | {' | '.join(floors)} |"
    yield f"|---|---:|{'---:|' * len(floors)}"
    for what, each, cells in rows(prices, floors):
        yield f"| {what} | {each} | {' | '.join(cells)} |"
    yield f"| **floor** | | {' | '.join(f'**{money(floor.total)}**' for floor in floors.values())} |"
    yield ""


def _rest(prices: PriceList, floors: Mapping[str, Floor]) -> Iterator[str]:
    yield "## On top, by use"
    yield ""
    used = {type_ for floor in floors.values() for type_ in floor.units}
    for type_, price in prices.fixed.items():
        if type_ in used and price.besides:
            yield f"- {price.what}: {price.besides} ([prices]({price.page}))"
    for type_ in sorted({type_ for floor in floors.values() for type_ in floor.by_use}):
        yield f"- `{type_}`: {prices.by_use[type_]}"
    yield ""
    yield "## Without a charge of their own"
    yield ""
    free = sorted({type_ for floor in floors.values() for type_ in floor.free})
    yield ", ".join(f"`{type_}`" for type_ in free)
    yield ""
    yield "## Not looked at"
    yield ""
    unknown = sorted({type_ for floor in floors.values() for type_ in floor.unknown})
    yield (
        ", ".join(f"`{type_}`" for type_ in unknown) if unknown else "Nothing: the price list has every type."
    )
