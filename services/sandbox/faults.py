"""How the sandbox misbehaves: too many requests, the odd 500, and what the control endpoint orders."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.sandbox import dice, problem

DATA_PATHS = ("/v1/", "/feeds/")
OWN_PATHS = ("/healthz", "/_control")
# What a broken proxy in front of a supplier sends.
GARBAGE = b'<html><body>It works!</body></html>\x00\xff\xfe{"data":[{"transaction_id":'


class Mode(StrEnum):
    """What the control endpoint can order."""

    HEALTHY = "healthy"
    DOWN = "down"
    GARBAGE = "garbage"
    CONTRACTLESS = "contractless"


class Orders:
    """The mode now; an order ends by itself."""

    def __init__(self) -> None:
        self._mode = Mode.HEALTHY
        self._until = 0.0

    def give(self, mode: Mode, seconds: float) -> None:
        """Sets the mode for that many seconds from now."""
        self._mode = mode
        self._until = time.monotonic() + seconds

    @property
    def mode(self) -> Mode:
        """What holds at this moment."""
        return self._mode if time.monotonic() < self._until else Mode.HEALTHY


class Allowance:
    """A token bucket over all clients: a second's worth of requests at once, then `rate` a second."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._size = max(1.0, rate)
        self._left = self._size
        self._counted_at = time.monotonic()

    def wait(self) -> int:
        """0 and one request is counted, or the whole seconds after which a request will be let through."""
        now = time.monotonic()
        self._left = min(self._size, self._left + (now - self._counted_at) * self._rate)
        self._counted_at = now
        if self._left >= 1:
            self._left -= 1
            return 0
        return max(1, math.ceil((1 - self._left) / self._rate))


class OddErrors:
    """500 for a seeded share of all requests, never twice for the same one within a minute."""

    FORGIVEN_SECONDS = 60.0
    REMEMBERED = 10_000

    def __init__(self, seed: int, share: float) -> None:
        self._seed = seed
        self._share = share
        self._failed_at: OrderedDict[str, float] = OrderedDict()

    def strikes(self, request: str) -> bool:
        """Whether this request fails now. Its repetition will not, so retrying always gets through."""
        if not dice.happens(f"error:{self._seed}:{request}", self._share):
            return False
        now = time.monotonic()
        if now - self._failed_at.get(request, -math.inf) < self.FORGIVEN_SECONDS:
            return False
        self._failed_at[request] = now
        self._failed_at.move_to_end(request)
        if len(self._failed_at) > self.REMEMBERED:
            self._failed_at.popitem(last=False)
        return True


class Faults:
    """The middleware that applies all of it. The token endpoint only suffers when everything is down."""

    def __init__(self, app: ASGIApp, orders: Orders, allowance: Allowance, errors: OddErrors) -> None:
        self._app = app
        self._orders = orders
        self._allowance = allowance
        self._errors = errors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers in the application's place, or hands over to it."""
        instead = self._instead(Request(scope)) if scope["type"] == "http" else None
        await (instead or self._app)(scope, receive, send)

    def _instead(self, request: Request) -> Response | None:
        path = request.url.path
        if path in OWN_PATHS:
            return None
        mode = self._orders.mode
        if mode is Mode.DOWN:
            return problem.response(503, "the service is down")
        if not path.startswith(DATA_PATHS):
            return None
        if wait := self._allowance.wait():
            return problem.response(429, "too many requests", {"Retry-After": str(wait)})
        if mode is Mode.GARBAGE:
            return Response(GARBAGE, media_type="application/json")
        if self._errors.strikes(f"{path}?{request.url.query}"):
            return problem.response(500, "something went wrong; try again")
        return None
