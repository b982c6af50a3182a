"""What CDNOW does not say and a sales API must: country, currency and time of day, by stated rules.

Every answer depends only on a customer's or a purchase's number, never on the sandbox's seed, so the
data are the same in every checkout.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from services.sandbox import dice


class Market(NamedTuple):
    """Where a customer buys, and how many of a hundred customers do."""

    country: str
    currency: str
    share: int


# EUR, and currencies that the ECB quotes on every TARGET day of the replayed period.
MARKETS = (
    Market("US", "USD", 38),
    Market("DE", "EUR", 12),
    Market("FR", "EUR", 9),
    Market("NL", "EUR", 6),
    Market("IE", "EUR", 3),
    Market("GB", "GBP", 18),
    Market("CH", "CHF", 5),
    Market("SE", "SEK", 5),
    Market("PL", "PLN", 4),
)
_BY_PERCENT = tuple(market for market in MARKETS for _ in range(market.share))

OPENING = 6 * 3600
CLOSING = 23 * 3600
LONGEST_LAG = 1800  # Shorter than closing to midnight: an update never falls on the day after its purchase.


@cache
def market(customer: str) -> Market:
    """A customer's market: the hash of the customer's number, modulo 100, looked up in the shares."""
    return _BY_PERCENT[dice.below(f"market:{customer}", 100)]


def moments(number: int, day: str) -> tuple[str, str]:
    """When a purchase was made and when the API last touched it; both on the purchase's UTC day."""
    made = OPENING + dice.below(f"time:{number}", CLOSING - OPENING)
    touched = made + 1 + dice.below(f"lag:{number}", LONGEST_LAG)
    return f"{day}T{_clock(made)}Z", f"{day}T{_clock(touched)}Z"


def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
