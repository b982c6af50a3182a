"""The query parameters, each checked: a wrong one is a 400 that says what is accepted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta

from starlette.requests import Request

from services.sandbox.problem import ApiProblem

LARGEST_PAGE = 1000
USUAL_PAGE = 100


def parameters(request: Request, accepted: Collection[str]) -> dict[str, str]:
    """The query as a mapping; unknown and repeated parameters are refused, for they are mistakes."""
    pairs = request.query_params.multi_items()
    for name, _ in pairs:
        if name not in accepted:
            raise ApiProblem(400, f"unknown parameter {name!r}; known are {', '.join(sorted(accepted))}")
    if len(pairs) != len(dict(pairs)):
        raise ApiProblem(400, "a parameter is given twice")
    return dict(pairs)


def moment(name: str, text: str | None) -> str | None:
    """An ISO 8601 time with its offset, as UTC in whole seconds, rounded up.

    Rounding up keeps both bounds of a half-open interval exact, since rows carry whole seconds.
    """
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text)
        if parsed.tzinfo is None:
            raise ValueError
        utc = parsed.astimezone(UTC)
        if utc.microsecond:
            utc = utc.replace(microsecond=0) + timedelta(seconds=1)
    except (ValueError, OverflowError):
        raise ApiProblem(
            400, f"{name} must be an ISO 8601 time with its offset, such as 2025-02-03T00:00:00Z"
        ) from None
    return utc.replace(tzinfo=None).isoformat() + "Z"


def day(name: str, text: str | None) -> date | None:
    """A calendar day."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ApiProblem(400, f"{name} must be a day, such as 2025-02-03") from None


def page_size(text: str | None) -> int:
    """How many rows a page may hold."""
    if text is None:
        return USUAL_PAGE
    if text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= LARGEST_PAGE:
        return int(text)
    raise ApiProblem(400, f"limit must be a whole number from 1 to {LARGEST_PAGE}")
