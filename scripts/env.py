"""`sluice env`: what each environment is, where its values come from, and whether the files are right.

The model and Rich are imported by the verbs that need them: this file is imported by every `sluice`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from environments.problems import Exit, Location, Problem, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from environments.diff import Difference

app = typer.Typer(
    help="Look at environments: effective values, their origins, differences, errors.", no_args_is_help=True
)


def _names(incomplete: str) -> list[str]:
    from environments import load

    return [name for name in load.names() if name.startswith(incomplete)]


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="Name of an environment.", metavar="ENV", autocompletion=_names)]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the environments."""
    from environments import load

    rows = [
        {
            "name": item.name,
            "cloud": str(item.cloud),
            "tier": str(item.tier),
            "region": item.region,
            "network": str(item.network.cidr),
            "account": item.account,
            "budget_eur": item.budget.monthly_eur,
        }
        for item in load.load_all().values()
    ]
    if as_json:
        _print_json(rows)
        return
    table = _table("environment", "tier", "region", "network", "account", "EUR/month")
    for row in rows:
        table.add_row(
            *(str(row[key]) for key in ("name", "tier", "region", "network", "account", "budget_eur"))
        )
    _print(table)


@app.command()
def show(env: Name, as_json: AsJson = False) -> None:
    """Show the effective values of an environment, each with its origin."""
    from environments import load

    values = load.origins(env)
    if as_json:
        _print_json({path: {"value": item.value, "origin": item.origin} for path, item in values.items()})
        return
    table = _table("setting", "value", "origin", folding=1)
    shown_group = ""
    for path, item in values.items():
        group, _, leaf = path.rpartition(".")
        if group != shown_group:
            table.add_row(group)
            shown_group = group
        table.add_row(f"  {leaf}" if group else leaf, _text(item.value), item.origin)
    _print(table)


@app.command()
def diff(
    left: Annotated[str, typer.Argument(metavar="A", autocompletion=_names)],
    right: Annotated[str, typer.Argument(metavar="B", autocompletion=_names)],
    as_json: AsJson = False,
) -> None:
    """Show in what two environments differ: settings, and what would be made of them.

    Names, accounts and address ranges always differ; resources are compared as if they were the same.
    """
    from environments.diff import diff as differences
    from scripts import env_resources

    found = differences(left, right)
    if as_json:
        _print_json(
            {
                "settings": [_sides(item, left, right) for item in found],
                "resources": env_resources.as_data(left, right),
            }
        )
        return
    if not found:
        typer.echo(f"{left} and {right} do not differ")
        return
    table = _table("setting", left, right)
    for path, ours, theirs in _together(found):
        table.add_row(path, ours, theirs)
    _print(table)
    typer.echo()
    for line in env_resources.lines(left, right):
        typer.echo(line)


# What the names of the environments say already.
_IN_THE_NAME = ("name", "cloud", "tier")


def _together(found: Sequence[Difference]) -> list[tuple[str, str, str]]:
    """Rows of the table; settings of several things that differ alike are one row, such as `plans.{a,b}.days`."""
    rows: dict[tuple[str, str, str, str], list[str]] = {}
    for item in found:
        if item.path in _IN_THE_NAME:
            continue
        *above, one, leaf = ["", "", *item.path.split(".")]
        ours, theirs = (
            "(not there)" if side is None else _text(side.value) for side in (item.left, item.right)
        )
        rows.setdefault((".".join(filter(None, above)), leaf, ours, theirs), []).append(one)
    return [
        (
            ".".join(filter(None, (above, ones[0] if len(ones) == 1 else f"{{{','.join(ones)}}}", leaf))),
            ours,
            theirs,
        )
        for (above, leaf, ours, theirs), ones in rows.items()
    ]


def _sides(item: Difference, left: str, right: str) -> dict[str, Any]:
    return {
        "path": item.path,
        **{
            name: None if side is None else {"value": side.value, "origin": side.origin}
            for name, side in ((left, item.left), (right, item.right))
        },
    }


@app.command()
def validate(
    envs: Annotated[list[str] | None, typer.Argument(metavar="[ENV]...", autocompletion=_names)] = None,
    as_json: AsJson = False,
) -> None:
    """Check environments; without a name all of them, and the committed JSON Schema too."""
    try:
        checked = _checked(envs or [])
    except Refusal as refusal:
        if not as_json:
            raise
        _print_json(
            {
                "valid": False,
                "environments": envs or [],
                "problems": [_plain(item) for item in refusal.problems],
            }
        )
        raise typer.Exit(refusal.exit_code) from None
    if as_json:
        _print_json({"valid": True, "environments": checked, "problems": []})
    else:
        typer.echo(f"{', '.join(checked)}: valid")


def _checked(envs: list[str]) -> list[str]:
    """Checks the named environments, or all; the names of those checked.

    Raises:
        Refusal: holds every problem of every one of them.
    """
    from environments import load, schema
    from environments.yaml_file import shown

    if not envs:
        names = list(load.load_all())
        if schema.is_stale():
            raise Refusal.because(
                "the committed JSON Schema does not say what the model says",
                where=Location(shown(schema.FILE)),
                remedy="run `python -m environments.schema` and commit the file",
                exit_code=Exit.CHECK_SAID_NO,
            )
        return names
    problems: list[Problem] = []
    for name in dict.fromkeys(envs):
        try:
            load.load(name)
        except Refusal as refusal:
            problems += refusal.problems
    if problems:
        raise Refusal(*problems)
    return list(dict.fromkeys(envs))


def _plain(problem: Problem) -> dict[str, Any]:
    where = problem.where
    return {
        "what": problem.what,
        "file": str(where.file) if where else None,
        "line": where.line if where else None,
        "remedy": problem.remedy,
    }


def _text(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "(none)"
    return "(none)" if value == {} else str(value)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2))


def _table(*columns: str, folding: int | None = None) -> Table:
    """A table that is read in 100 columns; `folding` is the one column that may need several lines."""
    # Rich costs a tenth of a second to import: only who prints a table pays for it.
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for index, column in enumerate(columns):
        table.add_column(
            column, overflow="fold", no_wrap=index != folding if folding is not None else index == 0
        )
    return table


def _print(table: Table) -> None:
    from rich.console import Console

    Console(markup=False, highlight=False).print(table)
