"""What a rotation asks of a source system: a new client secret, and a token for it.

By `http.client`, which follows no redirect: credentials go to the address that was given and nowhere else.
"""

from __future__ import annotations

import json
from base64 import b64encode
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

_TIMEOUT_SECONDS = 20
_LARGEST_ANSWER = 64 * 1024


class SourceRefused(Exception):
    """The source did not do what was asked. The message never holds an answer's body: it may be a secret."""


class Source:
    """A source system's API, at its base URL."""

    def __init__(self, base_url: str) -> None:
        self._url = urlsplit(base_url)

    def new_secret(self, client_id: str, client_secret: str, *, request_id: str) -> str:
        """A new secret for the client; the same for the same request. The shown one lives on for a time.

        Raises:
            SourceRefused: none was given.
        """
        path = f"/oauth/clients/{quote(client_id, safe='')}/secrets"
        answer = self._post(path, client_id, client_secret, 201, headers={"Idempotency-Key": request_id})
        new = answer.get("client_secret")
        if not isinstance(new, str) or not new or new == client_secret:
            raise SourceRefused(f"{path} answered without a new client_secret")
        return new

    def prove(self, client_id: str, client_secret: str) -> None:
        """Gets a token with these credentials.

        Raises:
            SourceRefused: none was given.
        """
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        path = "/oauth/token"
        answer = self._post(path, client_id, client_secret, 200, b"grant_type=client_credentials", form)
        if not answer.get("access_token"):
            raise SourceRefused(f"{path} answered without an access_token")

    def _post(
        self,
        path: str,
        client_id: str,
        client_secret: str,
        wanted: int,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        # Each part encoded as a form's, as RFC 6749 (2.3.1) says.
        pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
        basic = {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
        connect = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
        connection = connect(self._url.netloc, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request("POST", self._url.path + path, body, {**basic, **(headers or {})})
            response = connection.getresponse()
            status, text = response.status, response.read(_LARGEST_ANSWER)
        except (OSError, HTTPException) as error:
            raise SourceRefused(f"{path} cannot be asked ({type(error).__name__})") from None
        finally:
            connection.close()
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        if status != wanted or not isinstance(answer, dict):
            raise SourceRefused(f"{path} answered {status}, not {wanted} with a JSON object")
        return answer
