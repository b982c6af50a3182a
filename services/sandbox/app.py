"""The application: which path answers with what."""

from __future__ import annotations

import json
import math

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.sandbox import cdnow, damage, ecb, oauth, paging, problem, query, sales
from services.sandbox.access_log import AccessLog
from services.sandbox.clients import ClientSecret
from services.sandbox.faults import Allowance, Faults, Mode, OddErrors, Orders
from services.sandbox.issued import IssuedSecrets
from services.sandbox.problem import ApiProblem
from services.sandbox.settings import Settings

LONGEST_ORDER = 3600


class Sandbox:
    """The data and the state behind the endpoints."""

    def __init__(self, settings: Settings) -> None:
        purchases = cdnow.read(settings.datasets)
        self._transactions = sales.transactions(purchases)
        self._customers = sales.customers(purchases)
        self._rates = ecb.read(settings.datasets)
        self._pager = paging.Pager(settings.seed)
        self._clients = oauth.Clients(
            ClientSecret(settings.client_secret_name), IssuedSecrets(settings.secret_overlap_seconds)
        )
        self._tokens = oauth.Tokens(settings.token_seconds)
        self.orders = Orders()

    async def token(self, request: Request) -> Response:
        """POST /oauth/token"""
        return await oauth.token_response(request, self._clients, self._tokens)

    async def new_secret(self, request: Request) -> Response:
        """POST /oauth/clients/<id>/secrets"""
        return await oauth.secret_response(request, self._clients)

    async def transactions(self, request: Request) -> Response:
        """GET /v1/transactions"""
        page = self._page(request, self._transactions)
        rows = page.rows
        if self.orders.mode is Mode.CONTRACTLESS:
            rows = [damage.against_contract(row) for row in rows]
        return JSONResponse({"data": rows, "next_cursor": page.next_cursor})

    async def customers(self, request: Request) -> Response:
        """GET /v1/customers"""
        page = self._page(request, self._customers)
        return JSONResponse({"data": page.rows, "next_cursor": page.next_cursor})

    def _page(self, request: Request, collection: sales.Collection) -> paging.Page:
        self._tokens.require(request)
        return self._pager.page(collection, query.parameters(request, paging.PARAMETERS))

    async def rates(self, request: Request) -> Response:
        """GET /feeds/ecb/"""
        asked = query.parameters(request, ("from", "to"))
        first, last = query.day("from", asked.get("from")), query.day("to", asked.get("to"))
        if first and last and first > last:
            raise ApiProblem(400, "from must not be later than to")
        files = (
            file
            for file in self._rates.values()
            if (first is None or file.day >= first) and (last is None or file.day <= last)
        )
        return JSONResponse({"files": [file.listing() for file in files]})

    async def rate_file(self, request: Request) -> Response:
        """GET /feeds/ecb/<name>"""
        query.parameters(request, ())
        file = self._rates.get(request.path_params["name"])
        if file is None:
            raise ApiProblem(404, "there is no such file; the ECB publishes on TARGET days only")
        return Response(file.content, media_type="text/csv")

    async def control(self, request: Request) -> Response:
        """POST /_control"""
        try:
            asked = json.loads(await request.body())
            mode, seconds = Mode(asked["mode"]), float(asked.get("seconds", 60))
            if not 0 < seconds <= LONGEST_ORDER or math.isnan(seconds):
                raise ValueError
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ApiProblem(
                400, f"send a mode ({', '.join(Mode)}) and seconds above 0, up to {LONGEST_ORDER}"
            ) from None
        self.orders.give(mode, seconds)
        return JSONResponse({"mode": mode, "seconds": seconds})

    async def healthz(self, request: Request) -> Response:
        """GET /healthz: the process lives, whatever mode it plays."""
        return JSONResponse({"status": "ok"})


def build(settings: Settings) -> Starlette:
    """The application, its data in memory.

    Raises:
        Refusal: a data set is missing or damaged.
    """
    sandbox = Sandbox(settings)
    routes = [
        Route("/oauth/token", sandbox.token, methods=["POST"]),
        Route("/oauth/clients/{client_id}/secrets", sandbox.new_secret, methods=["POST"]),
        Route("/v1/transactions", sandbox.transactions),
        Route("/v1/customers", sandbox.customers),
        Route("/feeds/ecb/", sandbox.rates),
        Route("/feeds/ecb/{name}", sandbox.rate_file),
        Route("/healthz", sandbox.healthz),
    ]
    if settings.control:
        routes.append(Route("/_control", sandbox.control, methods=["POST"]))
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(AccessLog),
            Middleware(
                Faults,
                orders=sandbox.orders,
                allowance=Allowance(settings.rate),
                errors=OddErrors(settings.seed, settings.error_rate),
            ),
        ],
        exception_handlers={
            ApiProblem: problem.on_api_problem,
            HTTPException: problem.on_http_status,
            Exception: problem.on_defect,
        },
    )
