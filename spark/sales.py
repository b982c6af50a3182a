"""Curating sales: each function takes DataFrames and gives one, and reads or writes nothing.

Rows are marked, not dropped, until the end (`status`), so that one pass over the pages tells both what
was curated and what became of the rest.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from spark.pages import explode_pages, parse_rows
from spark.rates import rates_in_force

CURATED, QUARANTINED, DUPLICATE = "curated", "quarantined", "duplicate"

FIELDS = ("transaction_id", "customer_id", "purchased_at", "quantity", "amount", "currency", "updated_at")
MONEY = "DECIMAL(18,2)"
COLUMNS = (
    "transaction_id",
    "customer_id",
    "country",
    "purchased_at",
    "sale_date",
    "quantity",
    "amount",
    "currency",
    "rate",
    "rate_date",
    "amount_eur",
    "updated_at",
)


def transactions(pages: DataFrame) -> DataFrame:
    """Every row of every page, typed; a value that cannot be read as its type is null."""
    rows = parse_rows(explode_pages(pages), *FIELDS)
    exact_cents = F.col("amount").rlike(r"^-?\d{1,16}(\.\d{1,2})?$")
    return (
        rows.withColumn("amount", F.when(exact_cents, F.col("amount").try_cast(MONEY)))
        .withColumn("quantity", F.col("quantity").try_cast("INT"))
        .withColumn("purchased_at", F.col("purchased_at").try_cast("TIMESTAMP"))
        .withColumn("updated_at", F.col("updated_at").try_cast("TIMESTAMP"))
        .withColumn("sale_date", F.to_date("purchased_at"))
    )


def mark_quarantined(rows: DataFrame, quarantine: DataFrame) -> DataFrame:
    """Adds `status`: quarantined for the rows that `quarantine` names by (page, position), else curated."""
    names = (
        quarantine.select("page", F.col("position").cast("INT"))
        .distinct()
        .withColumn("status", F.lit(QUARANTINED))
    )
    marked = rows.join(F.broadcast(names), ["page", "position"], "left")
    return marked.withColumn("status", F.coalesce("status", F.lit(CURATED)))


def mark_duplicates(rows: DataFrame) -> DataFrame:
    """Of the rows left with the same transaction_id, keeps the latest updated_at and marks the others."""
    # A row in quarantine must not win over a good one, nor be counted twice.
    same = Window.partitionBy("transaction_id", "status").orderBy(
        F.desc("updated_at"), F.desc("page"), F.desc("position")
    )
    # Rows without an id are no duplicates of each other: they are problems, each to be named.
    later = (F.col("status") == CURATED) & F.col("transaction_id").isNotNull() & (F.col("later") > 1)
    return (
        rows.withColumn("later", F.row_number().over(same))
        .withColumn("status", F.when(later, DUPLICATE).otherwise(F.col("status")))
        .drop("later")
    )


def convert_to_eur(rows: DataFrame, published: DataFrame) -> DataFrame:
    """Adds `rate`, `rate_date`, `amount_eur`; null where no rate is in force on the sale's day."""
    force = rates_in_force(published).withColumnRenamed("day", "sale_date")
    euro = F.col("currency") == "EUR"
    return (
        rows.join(F.broadcast(force), ["currency", "sale_date"], "left")
        .withColumn("rate", F.when(euro, F.lit(1).cast("DECIMAL(13,6)")).otherwise(F.col("rate")))
        .withColumn("rate_date", F.when(euro, F.col("sale_date")).otherwise(F.col("rate_date")))
        # `round` rounds decimals half up (away from zero).
        .withColumn("amount_eur", F.round(F.col("amount") / F.col("rate"), 2).cast(MONEY))
    )


def customers(pages: DataFrame) -> DataFrame:
    """`customer_id` and `country`, as last updated, of every customer in the pages."""
    rows = parse_rows(explode_pages(pages), "customer_id", "country", "updated_at")
    updated_at = F.col("updated_at").cast("TIMESTAMP")
    return rows.groupBy("customer_id").agg(F.max_by("country", updated_at).alias("country"))


def enrich(rows: DataFrame, known: DataFrame) -> DataFrame:
    """Adds `country` and `known_customer`; a row whose customer is unknown stays, with null country."""
    flagged = known.withColumn("known_customer", F.lit(True))
    joined = rows.join(flagged, "customer_id", "left")
    return joined.withColumn("known_customer", F.coalesce("known_customer", F.lit(False)))


def name_problems(rows: DataFrame, first: date, end: date) -> DataFrame:
    """Adds `problem`: why a row that should be curated cannot be; null where all is well."""
    fine = F.lit(None).cast("STRING")
    outside = ~F.col("sale_date").between(F.lit(first), F.date_sub(F.lit(end), 1))
    causes: list[tuple[Column, Column]] = [
        *(
            (F.col(field).isNull(), F.lit(f"missing or malformed {field}"))
            for field in FIELDS
            if field != "customer_id"
        ),
        (outside, F.concat(F.lit("sale outside of the interval: "), F.col("sale_date").cast("STRING"))),
        (
            F.col("rate").isNull(),
            F.concat_ws(
                " ", F.lit("no ECB rate for"), "currency", F.lit("on or in the 10 days before"), "sale_date"
            ),
        ),
    ]
    problem = F.when(F.col("status") != CURATED, fine)
    for wrong, text in causes:
        problem = problem.when(wrong, text)
    return rows.withColumn("problem", problem.otherwise(fine))


def ledger(
    transaction_pages: DataFrame,
    customer_pages: DataFrame,
    quarantine: DataFrame,
    published: DataFrame,
    interval: tuple[date, date],
) -> DataFrame:
    """Every row read, with its status, its problem if any, and all that a curated row needs."""
    rows = mark_duplicates(mark_quarantined(transactions(transaction_pages), quarantine))
    return name_problems(enrich(convert_to_eur(rows, published), customers(customer_pages)), *interval)


def curated(rows: DataFrame, run_id: str) -> DataFrame:
    """The table's rows out of the ledger."""
    return rows.where(F.col("status") == CURATED).select(*COLUMNS, F.lit(run_id).alias("run_id"))
