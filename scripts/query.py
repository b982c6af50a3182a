"""`sluice query SQL`: asks the local warehouse, read-only."""

from __future__ import annotations

import json as json_format
from typing import Annotated

import typer

from environments.problems import Exit, Refusal


def query(
    sql: Annotated[str, typer.Argument(help='For example "select * from sales.fct_sales limit 10".')],
    json: Annotated[bool, typer.Option("--json", help="Rows as a JSON array of objects.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Rows to print at the most.")] = 200,
) -> None:
    """Run one SQL statement against the warehouse; it can read and nothing else."""
    import duckdb

    from services.warehouse import read

    try:
        columns, rows, more = read(sql, limit)
    except duckdb.IOException as error:
        raise Refusal.because(
            f"the warehouse cannot be opened: {error}",
            remedy="a run may be writing to it; try again in a moment",
            exit_code=Exit.UNAVAILABLE,
        ) from None
    except duckdb.Error as error:
        raise Refusal.because(str(error).strip(), remedy='tables: ./sluice query "show all tables"') from None
    if json:
        records = [dict(zip(columns, row, strict=True)) for row in rows]
        typer.echo(json_format.dumps(records, default=str, indent=2, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    Console().print(table)
    if more:
        typer.echo(f"first {limit} rows; --limit shows more", err=True)
