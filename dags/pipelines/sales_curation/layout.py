"""Names: what is where in the zones and in the warehouse."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from dags.runtime.batches import Batch, Interval
from dags.runtime.storage import Zone as StorageZone
from dags.runtime.warehouse import Target

__all__ = ["StorageZone"]

PIPELINE = "sales_curation"
SOURCE = "commerce"
TRANSACTIONS = "transactions"
CUSTOMERS = "customers"
RATES = "reference_rates"
CONTRACT = Path(__file__).with_name("contract.yaml")
OUTPUT = "sales"

SALES = Target(
    schema="staging_sales",
    table="sales",
    key="transaction_id",
    version="updated_at",
    complete=True,
    columns={
        "transaction_id": "VARCHAR",
        "customer_id": "VARCHAR",
        "country": "VARCHAR",
        "sale_date": "DATE",
        "purchased_at": "TIMESTAMPTZ",
        "quantity": "INTEGER",
        "amount": "DECIMAL(18, 2)",
        "currency": "VARCHAR",
        "rate": "DECIMAL(13, 6)",
        "rate_date": "DATE",
        "amount_eur": "DECIMAL(18, 2)",
        "updated_at": "TIMESTAMPTZ",
    },
)
CUSTOMERS_TABLE = Target(
    schema="staging_sales",
    table="customers",
    key="customer_id",
    version="updated_at",
    complete=False,
    columns={
        "customer_id": "VARCHAR",
        "country": "VARCHAR",
        "currency": "VARCHAR",
        "first_purchase_on": "DATE",
        "updated_at": "TIMESTAMPTZ",
    },
)

_RATE_FILE = re.compile(r"eurofxref-(\d{4}-\d{2}-\d{2})\.csv")


def page_key(source: str, dataset: str, interval: Interval, number: int) -> str:
    """A page's object in raw; `{batch}` is filled in once the batch's content is known."""
    return f"source={source}/dataset={dataset}/date={interval.start}/batch={{batch}}/page-{number:05d}.json"


def rate_key(day: date, digest: str, name: str) -> str:
    """A rate file's object in raw: days share it, and a file that ECB corrects becomes another object."""
    return f"source=ecb/dataset={RATES}/date={day}/sha256={digest[:16]}/{name}"


def rate_day(name: str) -> date | None:
    """The day a rate file is for; none if it is no rate file."""
    match = _RATE_FILE.fullmatch(name)
    return date.fromisoformat(match[1]) if match else None


def quarantine_prefix(batch: Batch, dataset: str) -> str:
    """The folder of a batch's violations in quarantine."""
    return f"{PIPELINE}/dataset={dataset}/date={batch.interval.start}/batch={batch.id}"


def page_name(key: str) -> str:
    """What the Spark job calls a page: its object's last path part."""
    return key.rsplit("/", 1)[-1]
