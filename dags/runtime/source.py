"""A paged JSON API behind OAuth2 client credentials, and file feeds beside it."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
    wait_random_exponential,
)

from dags.runtime.problems import PipelineProblem, Unrecoverable
from dags.runtime.secrets import ClientCredentials

log = logging.getLogger(__name__)

_RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})
# Longer than a source's usual minute of restart; beyond it the orchestrator's own retries take over.
_PATIENCE_SECONDS = 100.0
_LONGEST_RETRY_AFTER = 30.0
_BACKOFF = wait_random_exponential(multiplier=0.5, max=10)


class Garbage(PipelineProblem):
    """The source answered 200 with something that is not what its interface promises."""

    def __init__(self, name: str, body: bytes, why: str) -> None:
        self.name = name
        self.body = body
        shown = body[:80].decode("utf-8", "backslashreplace")
        super().__init__(
            f"{why}; got {len(body)} bytes that begin {shown!r}",
            where=name,
            remedy="look at the kept response in the errors zone and ask the owner of the source",
        )


class _TryAgain(Exception):
    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.after = after


@dataclass(frozen=True)
class Page:
    """One response of a paged resource: its exact bytes and what they say."""

    number: int
    body: bytes
    rows: list[Any]


class ClientCredentialsAuth(httpx.Auth):
    """Gets a bearer token when there is none, and a new one when the old is refused or about to expire."""

    requires_response_body = True

    def __init__(self, token_url: str, credentials: ClientCredentials) -> None:
        self._token_url = token_url
        self._credentials = credentials
        self._token = ""
        self._expires = 0.0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Adds the token; on a 401 gets a new one and sends the request a second time."""
        if not self._token or time.monotonic() >= self._expires:
            self._take((yield self._token_request()))
        request.headers["Authorization"] = f"Bearer {self._token}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._take((yield self._token_request()))
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    def _token_request(self) -> httpx.Request:
        request = httpx.Request("POST", self._token_url, data={"grant_type": "client_credentials"})
        basic = httpx.BasicAuth(self._credentials.client_id, self._credentials.client_secret)
        return next(basic.auth_flow(request))

    def _take(self, response: httpx.Response) -> None:
        if response.status_code in (400, 401, 403):
            raise Unrecoverable(
                f"the source refuses our client credentials (status {response.status_code})",
                where=self._token_url,
                remedy="check the source's secret in the secrets service",
            )
        _check_status(response)
        try:
            answer = response.json()
            self._token = str(answer["access_token"])
            lifetime = float(answer.get("expires_in", 60))
        except (ValueError, KeyError, TypeError, AttributeError):
            # The body may hold a token: it is not shown.
            raise PipelineProblem(
                "the token endpoint did not answer with a token", where=self._token_url
            ) from None
        self._expires = time.monotonic() + lifetime - min(5.0, lifetime / 4)


class SourceClient:
    """Asks one source; waits out 429, 5xx and broken connections, as long as the source asks for it."""

    def __init__(
        self, base_url: str, credentials: ClientCredentials, *, patience: float = _PATIENCE_SECONDS
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._patience = patience
        self._auth = ClientCredentialsAuth(f"{self._base_url}/oauth/token", credentials)
        # `identity`: what is stored is byte for byte what the source sent.
        self._client = httpx.Client(
            timeout=30, headers={"Accept-Encoding": "identity"}, follow_redirects=False
        )

    def __enter__(self) -> SourceClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def pages(self, resource: str, parameters: dict[str, str]) -> Iterator[Page]:
        """All pages of a resource, in order.

        Raises:
            Garbage: a page is not the JSON that the interface promises.
        """
        cursor: str | None = None
        seen: set[str] = set()
        number = 0
        while True:
            number += 1
            asked = parameters | ({"cursor": cursor} if cursor else {})
            body = self.get(resource, asked)
            name = f"{resource} page {number}"
            rows, cursor = _page(name, body)
            yield Page(number, body, rows)
            if cursor is None:
                return
            if cursor in seen:
                raise Garbage(
                    name, body, "the source hands out the same cursor twice: paging would never end"
                )
            seen.add(cursor)

    def get(self, resource: str, parameters: dict[str, str] | None = None) -> bytes:
        """The exact bytes of one answer."""
        url = f"{self._base_url}{resource}"
        retrying = Retrying(
            retry=retry_if_exception_type((_TryAgain, httpx.TransportError)),
            stop=stop_after_delay(self._patience),
            wait=_wait,
            before_sleep=lambda state: _say(url, state),
            reraise=True,
        )
        try:
            return retrying(self._get_once, url, parameters)
        except (_TryAgain, httpx.TransportError) as error:
            raise PipelineProblem(
                f"the source does not answer ({error}) after {self._patience:.0f} s of trying",
                where=url,
                remedy="see whether the source is up; a later try of this task goes on from here",
            ) from None

    def _get_once(self, url: str, parameters: dict[str, str] | None) -> bytes:
        response = self._client.get(url, params=parameters, auth=self._auth)
        _check_status(response)
        return response.content


def parse_object(name: str, body: bytes) -> dict[str, Any]:
    """The JSON object in a response.

    Raises:
        Garbage: it is something else.
    """
    try:
        document = json.loads(body)
    except ValueError as error:
        raise Garbage(name, body, f"the response is not JSON ({error})") from None
    if not isinstance(document, dict):
        raise Garbage(name, body, "the response is not a JSON object")
    return document


def _page(name: str, body: bytes) -> tuple[list[Any], str | None]:
    document = parse_object(name, body)
    rows, cursor = document.get("data"), document.get("next_cursor")
    if not isinstance(rows, list):
        raise Garbage(name, body, "the page has no list `data`")
    if cursor is not None and not isinstance(cursor, str):
        raise Garbage(name, body, "`next_cursor` is neither a string nor null")
    return rows, cursor or None


def _check_status(response: httpx.Response) -> None:
    if response.status_code in _RETRYABLE:
        raise _TryAgain(f"status {response.status_code}", _retry_after(response))
    if response.status_code != httpx.codes.OK:
        raise Unrecoverable(
            f"the source answered {response.status_code} {response.reason_phrase}: {response.text[:200]}",
            where=str(response.request.url),
            remedy="the request is at fault, not the moment: compare it with the source's interface",
        )


def _retry_after(response: httpx.Response) -> float | None:
    try:
        return min(float(response.headers["Retry-After"]), _LONGEST_RETRY_AFTER)
    except (KeyError, ValueError):
        return None


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _TryAgain) and error.after is not None:
        return error.after
    return _BACKOFF(state)


def _say(url: str, state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    sleep = state.next_action.sleep if state.next_action else 0.0
    log.warning("%s: %s; trying again in %.1f s", url, error, sleep)
