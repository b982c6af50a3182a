"""The rules that a row of a sales file must meet. A row that breaks one is kept with every reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

COLUMNS = ("transaction_id", "customer_id", "sold_at", "quantity", "amount", "currency")

# Those of the sales contract (dags/pipelines/sales_curation/contract.yaml): EUR, and what the European
# Central Bank publishes a rate for.
CURRENCIES = frozenset({
    "EUR", "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "GBP", "HKD", "HUF", "IDR", "ILS", "INR", "ISK",
    "JPY", "KRW", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "RON", "SEK", "SGD", "THB", "TRY", "USD", "ZAR",
})  # fmt: skip
MOST_QUANTITY = 100_000
MOST_AMOUNT = Decimal(1_000_000_000)
# A correction may come late; more days than this are a mistake, and each day is an object.
MOST_DAYS_LATE = 366

_TRANSACTION = re.compile(r"t-[0-9]{6,}")
_CUSTOMER = re.compile(r"c-[0-9]{5,}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_MONEY = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,2})?")


@dataclass
class Rules:
    """Checks the rows of one file, in their order."""

    delivered: date
    _seen: set[str] = field(default_factory=set)

    def reasons(self, row: Mapping[str, str]) -> list[str]:
        """Every rule that a row breaks, in words that hold none of its values."""
        return [
            reason
            for reason in (
                self._transaction(row["transaction_id"]),
                None
                if _CUSTOMER.fullmatch(row["customer_id"])
                else "customer_id is not c- and 5 digits or more",
                self._sold(row["sold_at"]),
                _quantity(row["quantity"]),
                _amount(row["amount"]),
                None if row["currency"] in CURRENCIES else "currency is none that there is a rate for",
            )
            if reason
        ]

    def _transaction(self, value: str) -> str | None:
        if not _TRANSACTION.fullmatch(value):
            return "transaction_id is not t- and 6 digits or more"
        if value in self._seen:
            return "transaction_id has come before in this file"
        self._seen.add(value)
        return None

    def _sold(self, value: str) -> str | None:
        try:
            if not _MOMENT.fullmatch(value):
                raise ValueError
            day = datetime.fromisoformat(value).date()
        except ValueError:
            return "sold_at is not a moment as 2025-02-03T08:00:00Z"
        if day > self.delivered:
            return "sold_at is after the day of delivery"
        if day < self.delivered - timedelta(days=MOST_DAYS_LATE):
            return f"sold_at is more than {MOST_DAYS_LATE} days before the day of delivery"
        return None


def _quantity(value: str) -> str | None:
    if not _WHOLE.fullmatch(value):
        return "quantity is not a whole number"
    if value.startswith("-"):
        return "quantity is negative"
    return None if 1 <= int(value) <= MOST_QUANTITY else f"quantity is not from 1 to {MOST_QUANTITY}"


def _amount(value: str) -> str | None:
    if not _MONEY.fullmatch(value):
        return "amount is not a number with at most two decimals"
    if value.startswith("-"):
        return "amount is negative"
    return None if Decimal(value) <= MOST_AMOUNT else f"amount is over {MOST_AMOUNT}"
