"""The rows that the API serves, in the order in which it serves them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from services.sandbox import damage, invented
from services.sandbox.cdnow import Purchase

Row = dict[str, Any]


@dataclass(frozen=True)
class Collection:
    """Rows ordered by `updated_at`, then by id; `moments` is the index over them."""

    name: str
    rows: tuple[Row, ...]
    moments: tuple[str, ...]

    @classmethod
    def of(cls, name: str, rows: Iterable[Row], id_of: Callable[[Row], str]) -> Collection:
        """Sorts the rows and indexes them."""
        ordered = tuple(sorted(rows, key=lambda row: (row["updated_at"], id_of(row))))
        return cls(name, ordered, tuple(row["updated_at"] for row in ordered))

    def between(self, since: str | None, before: str | None) -> range:
        """The positions with since <= updated_at < before; None leaves that side open."""
        first = bisect_left(self.moments, since) if since else 0
        last = bisect_left(self.moments, before) if before else len(self.rows)
        return range(first, max(first, last))


def transactions(purchases: Iterable[Purchase]) -> Collection:
    """Every purchase as a transaction, `t-000001` being the first after the file's header."""
    return Collection.of("transactions", map(_transaction, purchases), lambda row: row["transaction_id"])


def customers(purchases: Iterable[Purchase]) -> Collection:
    """Every customer, known to the API from the moment of the first purchase."""
    first: dict[str, Row] = {}
    for purchase in purchases:
        known = first.get(purchase.customer)
        if known and known["first_purchase_on"] < purchase.day:
            continue
        row = _customer(purchase)
        if known is None or row["updated_at"] < known["updated_at"]:
            first[purchase.customer] = row
    return Collection.of("customers", first.values(), lambda row: row["customer_id"])


def _transaction(purchase: Purchase) -> Row:
    made, touched = invented.moments(purchase.number, purchase.day)
    row = {
        "transaction_id": f"t-{purchase.number:06}",
        "customer_id": f"c-{purchase.customer}",
        "purchased_at": made,
        "quantity": purchase.quantity,
        "amount": purchase.amount,
        "currency": invented.market(purchase.customer).currency,
        "updated_at": touched,
    }
    return damage.apply(purchase.number, row)


def _customer(purchase: Purchase) -> Row:
    made, _ = invented.moments(purchase.number, purchase.day)
    market = invented.market(purchase.customer)
    return {
        "customer_id": f"c-{purchase.customer}",
        "country": market.country,
        "currency": market.currency,
        "first_purchase_on": purchase.day,
        "updated_at": made,
    }
