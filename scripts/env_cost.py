"""`sluice env cost`: the least that environments cost in a month."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from environments.problems import Refusal
from scripts.programs import captured_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from environments.vocabulary import Cloud
    from modules.cost.floor import Floor, PriceList


def _names(incomplete: str) -> list[str]:
    from environments import load

    return [name for name in load.names() if name.startswith(incomplete) and name.startswith("aws")]


def cost(
    envs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ENV]...", autocompletion=_names, help="Environments of one cloud."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_page: Annotated[bool, typer.Option("--markdown", help="Print docs/platform/prices.md.")] = False,
) -> None:
    """Say what environments cost in a month if nothing is done with them; without a name, AWS's.

    List prices of the date that is printed with them. What is billed by use alone is named, not counted.
    """
    from modules.cost import document

    prices, floors = _floors(envs or [])
    if as_json:
        typer.echo(json.dumps(_plain(prices, floors), indent=2))
        return
    if as_page:
        typer.echo(document.markdown(prices, floors), nl=False)
        return
    width = max(len(price.what) for price in prices.fixed.values())
    typer.echo("  ".join([" " * width, f"{'each':>8}", *(f"{name:>16}" for name in floors)]))
    for what, each, cells in document.rows(prices, floors):
        typer.echo("  ".join([f"{what:{width}}", f"{each:>8}", *(f"{cell:>16}" for cell in cells)]))
    totals = [f"{document.money(floor.total):>16}" for floor in floors.values()]
    typer.echo("  ".join([f"{'floor':{width}}", " " * 8, *totals]))
    typer.echo(f"\n{prices.currency} a month, list prices of {prices.region} as of {prices.as_of:%B %Y}")
    by_use = sorted({type_ for floor in floors.values() for type_ in floor.by_use})
    typer.echo(f"on top, by use: {', '.join(by_use) or 'nothing'}")
    if unknown := sorted({type_ for floor in floors.values() for type_ in floor.unknown}):
        typer.echo(f"not looked at: {', '.join(unknown)}")


def _floors(envs: Sequence[str]) -> tuple[PriceList, dict[str, Floor]]:
    """Captures the environments and prices them.

    Raises:
        Refusal: there is no such environment, none with prices, or they are of two clouds.
    """
    from environments import load
    from environments.vocabulary import Cloud
    from modules.cost.floor import floor, price_list

    every = load.load_all()
    names = list(dict.fromkeys(envs)) or [name for name, item in every.items() if item.cloud is Cloud.AWS]
    clouds: dict[Cloud, str] = {load.load(name).cloud: name for name in names}
    if len(clouds) > 1:
        raise Refusal.because(
            f"{' and '.join(clouds.values())} are of different clouds", remedy="one cloud at a time"
        )
    prices = price_list(next(iter(clouds)))
    return prices, {
        name: floor(prices, ((item.type, item.inputs) for item in graph.resources.values() if item.managed))
        for name, graph in captured_all(names).items()
    }


def _plain(prices: PriceList, floors: dict[str, Floor]) -> dict[str, object]:
    return {
        "currency": prices.currency,
        "region": prices.region,
        "as_of": str(prices.as_of),
        "environments": {
            name: {
                "monthly_floor": str(floor.total),
                "fixed": {
                    type_: {"units": count, "each": str(prices.fixed[type_].monthly)}
                    for type_, count in floor.units.items()
                },
                "by_use": list(floor.by_use),
                "free": list(floor.free),
                "unknown": list(floor.unknown),
            }
            for name, floor in floors.items()
        },
    }
