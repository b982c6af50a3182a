"""The job's accounts: what became of every row read, checked against what was really written."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from spark.problems import BadData
from spark.sales import CURATED, DUPLICATE, QUARANTINED

NAMED_PROBLEMS = 20


@dataclass
class Tally:
    """What the ledger says: rows by status, unknown customers, problems."""

    rows: Counter[str] = field(default_factory=Counter)
    unknown_customers: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass
class Audit:
    """What the staged files hold."""

    rows: int = 0
    sums: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    sum_eur: Decimal = Decimal("0.00")
    rates: list[dict[str, Any]] = field(default_factory=list)
    rows_by_day: Counter[str] = field(default_factory=Counter)
    file_by_day: dict[str, str] = field(default_factory=dict)


def require_distinct_names(uris: Iterable[str]) -> None:
    """Two pages of one name could not be told apart by the quarantine."""
    names = Counter(uri.rsplit("/", 1)[-1] for uri in uris)
    twice = sorted(name for name, times in names.items() if times > 1)
    if twice:
        raise BadData(
            f"several pages are named {', '.join(twice[:NAMED_PROBLEMS])}; names must be unique within a call"
        )


def count(ledger: DataFrame) -> Tally:
    """One aggregation over the ledger."""
    groups = ledger.groupBy("status", "problem").agg(
        F.count("*").alias("rows"),
        F.count_if(~F.col("known_customer")).alias("unknown"),
        F.min(F.struct("page", "position")).alias("first"),
    )
    tally = Tally()
    for group in groups.orderBy("first").collect():
        tally.rows[group["status"]] += group["rows"]
        if group["status"] == CURATED:
            tally.unknown_customers += group["unknown"]
        if group["problem"]:
            tally.problems.append(_named(group))
    return tally


def audit(staged: DataFrame) -> Audit:
    """One aggregation over the files written, of which each must be all of its day."""
    groups = staged.groupBy("sale_date", "currency", "rate_date", "rate", "_metadata.file_path").agg(
        F.count("*").alias("rows"), F.sum("amount").alias("amount"), F.sum("amount_eur").alias("amount_eur")
    )
    found = Audit()
    for group in groups.orderBy("sale_date", "currency").collect():
        found.rows += group["rows"]
        found.sums[group["currency"]] += group["amount"]
        found.sum_eur += group["amount_eur"]
        day = group["sale_date"].isoformat()
        found.rows_by_day[day] += group["rows"]
        if found.file_by_day.setdefault(day, group["file_path"]) != group["file_path"]:
            raise BadData(f"{day} was staged in more than one file")
        plain = {name: str(group[name]) for name in ("currency", "sale_date", "rate_date", "rate")}
        found.rates.append({**plain, "rows": group["rows"]})
    return found


def refuse_problems(tally: Tally) -> None:
    """Refuses to go on when rows cannot be curated."""
    if tally.problems:
        more = len(tally.problems) - NAMED_PROBLEMS
        raise BadData(
            *tally.problems[:NAMED_PROBLEMS], *([f"and {more} more kinds of problem"] if more > 0 else [])
        )


def check(tally: Tally, written: Audit, quarantine: int) -> None:
    """Refuses to publish when rows got lost or doubled on the way."""
    if tally.rows[QUARANTINED] != quarantine:
        raise BadData(
            f"the quarantine names {quarantine} rows, the pages have {tally.rows[QUARANTINED]} of them"
        )
    accounted = written.rows + tally.rows[QUARANTINED] + tally.rows[DUPLICATE]
    if tally.rows.total() != accounted:
        raise BadData(f"{tally.rows.total()} rows read, {accounted} accounted for: staging is incomplete")


def summary(tally: Tally, written: Audit, days: list[date]) -> dict[str, Any]:
    """The counts and sums that the job reports."""
    return {
        "read": tally.rows.total(),
        "quarantined": tally.rows[QUARANTINED],
        "duplicates": tally.rows[DUPLICATE],
        "curated": written.rows,
        "unknown_customers": tally.unknown_customers,
        "sums": {currency: str(amount) for currency, amount in sorted(written.sums.items())},
        "sums_eur": str(written.sum_eur),
        "rates_used": written.rates,
        "partitions": {day.isoformat(): written.rows_by_day[day.isoformat()] for day in days},
    }


def _named(group: Row) -> str:
    others = f" and {group['rows'] - 1} more rows" if group["rows"] > 1 else ""
    return (
        f"{group['problem']} (page {group['first']['page']}, position {group['first']['position']}{others})"
    )
