"""OAuth 2.0 client credentials (RFC 6749, section 4.4) with bearer tokens that expire (RFC 6750).

And what every supplier has in its own way: a client asks for a new secret of its own.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote_plus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.sandbox.clients import ClientSecret, ClientSecretUnavailable
from services.sandbox.issued import IssuedSecrets
from services.sandbox.problem import ApiProblem
from services.sandbox.problem import response as problem_response

LARGEST_FORM = 16 * 1024
# The header of a draft of the IETF's HTTP API group that most suppliers' interfaces follow.
IDEMPOTENCY_KEY = "idempotency-key"
LONGEST_KEY = 200
NO_STORE = {"Cache-Control": "no-store"}


@dataclass
class Tokens:
    """The access tokens given out: opaque, in memory, gone when the process ends."""

    seconds: float
    _expiries: dict[str, float] = field(default_factory=dict, repr=False)

    def issue(self) -> str:
        """A new token."""
        now = time.monotonic()
        # Kept for a while after expiry, so that the refusal can say `expired`.
        self._expiries = {
            token: expiry for token, expiry in self._expiries.items() if expiry > now - self.seconds
        }
        token = secrets.token_urlsafe(32)
        self._expiries[token] = now + self.seconds
        return token

    def require(self, request: Request) -> None:
        """Lets the request through with a living token, else raises the 401 that says why not."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ApiProblem(401, "an access token is needed", {"WWW-Authenticate": 'Bearer realm="sandbox"'})
        expiry = self._expiries.get(token.strip())
        if expiry is None or expiry <= time.monotonic():
            why = "is not known" if expiry is None else "has expired"
            challenge = f'Bearer realm="sandbox", error="invalid_token", error_description="The token {why}"'
            raise ApiProblem(401, f"the access token {why}", {"WWW-Authenticate": challenge})


@dataclass
class Clients:
    """Who may come in: the client of the secrets service, with its secret there or one that was issued since."""

    configured: ClientSecret
    issued: IssuedSecrets

    async def presented(self, request: Request) -> tuple[str, str] | None:
        """The id and secret of the client that shows itself rightly; None for anybody else.

        Raises:
            ClientSecretUnavailable: the secrets service does not say who the client is.
        """
        shown = _basic(request.headers.get("authorization", ""))
        # boto3 blocks.
        return await run_in_threadpool(self._known, *shown) if shown else None

    def _known(self, client_id: str, client_secret: str) -> tuple[str, str] | None:
        # What is remembered may be from before a rotation: a mismatch is checked against the secret of now.
        for fresh in (False, True):
            known = self.configured.read(fresh=fresh)
            if not _equal(client_id, known.client_id):
                continue
            for form in _forms(client_secret):
                accepted = self.issued.accepts(form)
                if accepted is not None:
                    return (known.client_id, form) if accepted else None
            if _equal(client_secret, known.client_secret):
                return known.client_id, known.client_secret
        return None


async def token_response(request: Request, clients: Clients, tokens: Tokens) -> Response:
    """Answers `POST /oauth/token`."""
    try:
        accepted = await clients.presented(request)
    except ClientSecretUnavailable as error:
        return problem_response(503, str(error))
    if not accepted:
        return _invalid_client()
    match await _grant_type(request):
        case None:
            return JSONResponse({"error": "invalid_request"}, 400, NO_STORE)
        case "client_credentials":
            body = {
                "access_token": tokens.issue(),
                "token_type": "Bearer",
                # Whole seconds, rounded down: a client must not think a token alive that is not.
                "expires_in": int(tokens.seconds),
            }
            return JSONResponse(body, headers=NO_STORE)
        case _:
            return JSONResponse({"error": "unsupported_grant_type"}, 400, NO_STORE)


async def secret_response(request: Request, clients: Clients) -> Response:
    """Answers `POST /oauth/clients/{client_id}/secrets`."""
    try:
        accepted = await clients.presented(request)
    except ClientSecretUnavailable as error:
        return problem_response(503, str(error))
    if not accepted:
        return _invalid_client()
    client_id, client_secret = accepted
    if request.path_params["client_id"] != client_id:
        raise ApiProblem(403, "a client may ask for a new secret for itself only")
    key = request.headers.get(IDEMPOTENCY_KEY, "")
    if not 0 < len(key) <= LONGEST_KEY:
        raise ApiProblem(400, f"send an Idempotency-Key of 1 to {LONGEST_KEY} characters")
    issued = clients.issued.issue(client_secret, key)
    until = datetime.now(UTC) + timedelta(seconds=issued.previous_seconds)
    body = {
        "client_id": client_id,
        "client_secret": issued.client_secret,
        "previous_secrets_valid_until": until.isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    return JSONResponse(body, 201, NO_STORE)


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, colon, client_secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (client_id, client_secret) if colon else None


def _forms(presented: str) -> tuple[str, str]:
    # RFC 6749 has clients form-encode both parts; many libraries do not. Either is accepted.
    return presented, unquote_plus(presented)


def _equal(presented: str, known: str) -> bool:
    return any(hmac.compare_digest(form.encode(), known.encode()) for form in _forms(presented))


async def _grant_type(request: Request) -> str | None:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise ApiProblem(413, "the form is too large")
    try:
        values = parse_qs(body.decode(), max_num_fields=20).get("grant_type", [])
    except ValueError:
        return None
    return values[0] if len(values) == 1 else None


def _invalid_client() -> Response:
    headers = {**NO_STORE, "WWW-Authenticate": 'Basic realm="sandbox"'}
    return JSONResponse({"error": "invalid_client"}, 401, headers)
