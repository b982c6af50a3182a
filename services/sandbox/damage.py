"""Rows damaged on purpose, as suppliers' rows are. Nothing in the data served says which."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Damage(StrEnum):
    """What is wrong with a damaged row."""

    NEGATIVE_AMOUNT = "negative amount"
    UNKNOWN_CURRENCY = "unknown currency"
    MISSING_CUSTOMER = "missing customer"


# By the purchase's number; the days are those after the shift.
DAMAGED: Mapping[int, Damage] = {
    11544: Damage.NEGATIVE_AMOUNT,  # 2025-01-15
    22956: Damage.NEGATIVE_AMOUNT,  # 2025-02-03
    28140: Damage.UNKNOWN_CURRENCY,  # 2025-02-03
    28505: Damage.MISSING_CUSTOMER,  # 2025-02-03
    29143: Damage.UNKNOWN_CURRENCY,  # 2025-02-04
    50021: Damage.MISSING_CUSTOMER,  # 2025-02-28
    63592: Damage.NEGATIVE_AMOUNT,  # 2025-03-17
    30403: Damage.UNKNOWN_CURRENCY,  # 2025-06-30
    37268: Damage.MISSING_CUSTOMER,  # 2025-10-11, a Saturday
    46533: Damage.NEGATIVE_AMOUNT,  # 2026-01-05
    34426: Damage.UNKNOWN_CURRENCY,  # 2026-05-31, a Sunday
}


def apply(number: int, row: dict[str, Any]) -> dict[str, Any]:
    """The row as it is served: damaged if its number is on the list, else as it came."""
    match DAMAGED.get(number):
        case Damage.NEGATIVE_AMOUNT:
            return {**row, "amount": f"-{row['amount']}"}
        case Damage.UNKNOWN_CURRENCY:
            return {**row, "currency": "ZZZ"}
        case Damage.MISSING_CUSTOMER:
            return {**row, "customer_id": None}
    return row


def against_contract(row: dict[str, Any]) -> dict[str, Any]:
    """A row that no contract lets through; what the control mode `contractless` serves."""
    return {**row, "customer_id": None, "amount": "-1.00", "currency": "ZZZ", "quantity": -1}
