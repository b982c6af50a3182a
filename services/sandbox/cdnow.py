"""The CDNOW purchase history: read, verified, and moved by a whole number of weeks."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from environments.problems import Exit, Location, Refusal

FILE_NAME = "CDNOW_master.txt"
SHA256 = "eff6889ed364c5199d6eacbbeb7a6d559971df4406ac876f322c373f00a072ef"
# 28 years: weekdays and the calendar's leap days fall as they did, and the history ends on 2026-06-30.
SHIFT = timedelta(weeks=1461)


class Purchase(NamedTuple):
    """One line of the file. `number` counts purchases from 1, so it stands on line `number + 1`."""

    number: int
    customer: str
    day: str
    quantity: int
    amount: str


def read(folder: Path) -> list[Purchase]:
    """Every purchase in the file's order.

    Raises:
        Refusal: the file is missing, or not the one that this code was written for.
    """
    path = folder / FILE_NAME
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Refusal.because(
            f"cannot read the CDNOW purchase history: {error.strerror}",
            where=Location(path),
            remedy="run `make install`, which puts the data sets there",
            exit_code=Exit.UNAVAILABLE,
        ) from None
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise Refusal.because(
            "the CDNOW purchase history is not the expected file (its sha256 differs)",
            where=Location(path),
            remedy="delete it and run `make install`",
        )
    lines = content.decode("ascii").splitlines()
    return [_purchase(number, line) for number, line in enumerate(lines[1:], start=1)]


def _purchase(number: int, line: str) -> Purchase:
    customer, day, quantity, amount = line.split()
    return Purchase(number, customer, _shifted(day), int(quantity), amount)


@cache
def _shifted(day: str) -> str:
    return (date(int(day[:4]), int(day[4:6]), int(day[6:])) + SHIFT).isoformat()
