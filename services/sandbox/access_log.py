"""One line per request: method, path, status, time. No header and no query, so no credential can be in it."""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOGGER = logging.getLogger("uvicorn.error")  # uvicorn's own stream; its access log would show queries.
QUIET = ("/healthz",)  # Asked for every second by whoever waits for the sandbox.


class AccessLog:
    """The outermost middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Runs the application and notes how it answered."""
        if scope["type"] != "http" or scope["path"] in QUIET:
            await self._app(scope, receive, send)
            return
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started = time.perf_counter()
        try:
            await self._app(scope, receive, noting)
        finally:
            milliseconds = (time.perf_counter() - started) * 1000
            LOGGER.info("%s %r %d %.1f ms", scope["method"], scope["path"], status, milliseconds)
