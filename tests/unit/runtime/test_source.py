"""The client of a paged OAuth2 source, against a small real HTTP server that plays each answer once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from dags.runtime.problems import PipelineProblem, Unrecoverable
from dags.runtime.secrets import ClientCredentials
from dags.runtime.source import Garbage, SourceClient

pytestmark = pytest.mark.runtime

Answer = tuple[int, dict[str, str], bytes]
CREDENTIALS = ClientCredentials("me", "very-secret")


@dataclass
class Script:
    """What the server answers to resource requests, in order, and what it was asked."""

    answers: list[Answer] = field(default_factory=list)
    tokens: int = 0
    lifetime: float = 60
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def script() -> Iterator[Script]:
    one = Script()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            one.tokens += 1
            body = {"access_token": f"token-{one.tokens}", "token_type": "Bearer", "expires_in": one.lifetime}
            self._send(200, {}, json.dumps(body).encode())

        def do_GET(self) -> None:
            one.asked.append((self.path, self.headers["Authorization"]))
            self._send(*one.answers.pop(0))

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    one.url = f"http://127.0.0.1:{server.server_port}"
    yield one
    server.shutdown()
    server.server_close()


def page(rows: list[Any], cursor: str | None) -> Answer:
    return 200, {}, json.dumps({"data": rows, "next_cursor": cursor}).encode()


def test_pages_come_in_order_with_their_exact_bytes(script: Script) -> None:
    odd = b'{ "data" : [1],\n"next_cursor":"c2" }\n'
    script.answers = [(200, {}, odd), page([2], None)]
    with SourceClient(script.url, CREDENTIALS) as client:
        pages = list(client.pages("/v1/x", {"limit": "1"}))
    assert [(one.number, one.rows) for one in pages] == [(1, [1]), (2, [2])]
    assert pages[0].body == odd
    assert [path for path, _ in script.asked] == ["/v1/x?limit=1", "/v1/x?limit=1&cursor=c2"]
    assert script.tokens == 1


def test_a_token_that_is_refused_in_mid_paging_is_replaced(script: Script) -> None:
    script.answers = [page([1], "c2"), (401, {"WWW-Authenticate": "Bearer"}, b"{}"), page([2], None)]
    with SourceClient(script.url, CREDENTIALS) as client:
        assert [one.rows for one in client.pages("/v1/x", {})] == [[1], [2]]
    assert [token for _, token in script.asked] == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]


def test_a_token_about_to_expire_is_replaced_before_it_is_used(script: Script) -> None:
    script.lifetime = 0.2
    script.answers = [page([1], None), page([2], None)]
    with SourceClient(script.url, CREDENTIALS) as client:
        list(client.pages("/v1/x", {}))
        time.sleep(0.2)
        list(client.pages("/v1/x", {}))
    assert script.tokens == 2


def test_429_is_waited_out_for_as_long_as_it_says_and_500_is_tried_again(script: Script) -> None:
    script.answers = [(429, {"Retry-After": "1"}, b"{}"), (500, {}, b"{}"), page([1], None)]
    before = time.monotonic()
    with SourceClient(script.url, CREDENTIALS) as client:
        assert len(list(client.pages("/v1/x", {}))) == 1
    assert time.monotonic() - before >= 1


def test_a_source_that_stays_down_ends_as_a_problem_that_may_be_retried(script: Script) -> None:
    script.answers = [(503, {}, b"{}")] * 100
    with (
        SourceClient(script.url, CREDENTIALS, patience=0.5) as client,
        pytest.raises(PipelineProblem) as caught,
    ):
        client.get("/v1/x")
    assert not isinstance(caught.value, Unrecoverable)
    assert "does not answer (status 503)" in str(caught.value)


def test_nobody_listening_ends_as_a_problem_that_may_be_retried() -> None:
    with (
        SourceClient("http://127.0.0.1:1", CREDENTIALS, patience=0.5) as client,
        pytest.raises(PipelineProblem, match="does not answer"),
    ):
        client.get("/v1/x")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<html>\x00\xff", "not JSON"),
        (b'{"data": [', "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"rows": []}', "no list `data`"),
        (b'{"data": [], "next_cursor": 5}', "neither a string nor null"),
    ],
)
def test_garbage_is_named_by_page_and_kept(script: Script, body: bytes, why: str) -> None:
    script.answers = [page([1], "c2"), (200, {}, body)]
    with SourceClient(script.url, CREDENTIALS) as client, pytest.raises(Garbage) as caught:
        list(client.pages("/v1/x", {}))
    assert caught.value.body == body
    assert "/v1/x page 2" in str(caught.value) and why in str(caught.value)


def test_a_cursor_that_comes_twice_does_not_page_for_ever(script: Script) -> None:
    script.answers = [page([1], "c"), page([2], "c"), page([3], "c")]
    with SourceClient(script.url, CREDENTIALS) as client, pytest.raises(Garbage, match="same cursor twice"):
        list(client.pages("/v1/x", {}))


def test_a_request_that_is_wrong_is_not_tried_again(script: Script) -> None:
    script.answers = [(400, {}, b'{"title": "limit"}')]
    with SourceClient(script.url, CREDENTIALS) as client, pytest.raises(Unrecoverable, match="400"):
        client.get("/v1/x")
    assert len(script.asked) == 1


def test_the_client_secret_is_in_no_representation() -> None:
    assert "very-secret" not in repr(CREDENTIALS)
