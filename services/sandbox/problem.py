"""How the API says no: problem details in JSON (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response


class ApiProblem(Exception):
    """Raised by an endpoint; the application answers with it."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers


def response(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """One problem as a response."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return Response(json.dumps(body), status, headers, media_type="application/problem+json")


async def on_api_problem(request: Request, error: Exception) -> Response:
    """Starlette's handler for `ApiProblem`."""
    assert isinstance(error, ApiProblem)
    return response(error.status, error.detail, error.headers)


async def on_defect(request: Request, error: Exception) -> Response:
    """The answer to a defect of the sandbox itself; the traceback goes to the log."""
    return response(500, "the sandbox has a defect; its log says which")


async def on_http_status(request: Request, error: Exception) -> Response:
    """Starlette's handler for its own 404, 405 and whatever else carries a status."""
    status = int(getattr(error, "status_code", 500))
    return response(status, str(getattr(error, "detail", "")), getattr(error, "headers", None))
