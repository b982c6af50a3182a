"""OAuth 2.0 client credentials (RFC 6749, section 4.4) with bearer tokens that expire (RFC 6750)."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote_plus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.sandbox.clients import ClientSecret, ClientSecretUnavailable
from services.sandbox.problem import ApiProblem
from services.sandbox.problem import response as problem_response

LARGEST_FORM = 16 * 1024
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


async def token_response(request: Request, client_secret: ClientSecret, tokens: Tokens) -> Response:
    """Answers `POST /oauth/token`."""
    presented = _basic(request.headers.get("authorization", ""))
    if presented is None:
        return _invalid_client()
    try:
        # boto3 blocks.
        accepted = await run_in_threadpool(_accepts, client_secret, *presented)
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


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, colon, client_secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (client_id, client_secret) if colon else None


def _accepts(secret: ClientSecret, client_id: str, client_secret: str) -> bool:
    # What is remembered may be from before a rotation: a mismatch is checked against the secret of now.
    for fresh in (False, True):
        known = secret.read(fresh=fresh)
        if _equal(client_id, known.client_id) & _equal(client_secret, known.client_secret):
            return True
    return False


def _equal(presented: str, known: str) -> bool:
    # RFC 6749 has clients form-encode both parts; many libraries do not. Either is accepted.
    return any(
        hmac.compare_digest(form.encode(), known.encode()) for form in (presented, unquote_plus(presented))
    )


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
