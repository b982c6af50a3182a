"""An HTTP proxy that breaks what passes through it, at the request and in the way that it is told.

It answers one request after the other on each connection, reads requests and answers whole, and passes headers on
as they came, so that signatures stay valid.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import unquote, urlsplit

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "te", "trailer"}


@dataclass
class Request:
    """One request as it came."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes


@dataclass
class Answer:
    """One answer, whole."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    length: str | None = None
    """The Content-Length of an answer to HEAD."""


Send = Callable[[Request], Answer]
Speak = Callable[[Request, Send], Answer]


@dataclass
class Fault:
    """What happens to the `number`th request after the proxy was armed, and how often from there on.

    With `path`, only requests whose target holds it are counted.

    kinds: drop_request, drop_answer (the connection ends), cut_answer (half of it arrives), delay, delay_answer,
    hold_answer (until another one has been given), corrupt_answer (a byte differs), kill_before, kill_during
    (with half the request sent on), kill_after.
    """

    kind: str
    number: int
    times: int = 1
    seconds: float = 0.3
    pid: int = 0
    path: str = ""
    seen: int = field(default=0)
    struck: int = field(default=0)


class Proxy:
    """Listens on a free port of the loopback interface while it is entered."""

    def __init__(self, upstream: str, *, speak: Speak | None = None) -> None:
        place = urlsplit(upstream)
        self._upstream = (place.hostname or "", place.port or 80)
        self._speak = speak or (lambda request, send: send(request))
        self._lock = threading.Lock()
        self._answered = threading.Condition(self._lock)
        self._answers = 0
        self.requests = 0
        self.sent = 0
        """Bytes of the requests' bodies, since it was armed."""
        self.fault: Fault | None = None
        self.cut = False
        """Nothing passes while it is set."""
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Small answers are not held back for company: 40 ms each otherwise.
            disable_nagle_algorithm = True

            def handle_one_request(self) -> None:
                with suppress(OSError):
                    super().handle_one_request()
                    return
                self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                return

        for method in ("GET", "HEAD", "PUT", "POST", "DELETE"):
            setattr(Handler, f"do_{method}", lambda handler: proxy._handle(handler))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def arm(self, fault: Fault | None) -> None:
        """Counts requests from here; the fault strikes once its number is reached."""
        with self._lock:
            self.requests = self.sent = 0
            self.fault = fault

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length)
        request = Request(handler.command, handler.path, list(handler.headers.items()), body)
        with self._lock:
            self.requests += 1
            self.sent += length
            fault = self._due(request)
        if self.cut or len(body) < length:
            # What did not arrive whole is not sent on: whoever sent it is gone.
            return _hang_up(handler)
        if fault is None:
            return self._give(handler, self._speak(request, self._send))
        self._strike(fault, handler, request)

    def _due(self, request: Request) -> Fault | None:
        fault = self.fault
        if fault is None or fault.path not in unquote(request.target):
            return None
        fault.seen += 1
        if not fault.number <= fault.seen < fault.number + fault.times:
            return None
        fault.struck += 1
        return fault

    def _strike(self, fault: Fault, handler: BaseHTTPRequestHandler, request: Request) -> None:
        if fault.kind == "kill_before":
            return _kill(fault.pid, handler)
        if fault.kind == "drop_request":
            return _hang_up(handler)
        if fault.kind == "kill_during" and request.body:
            self._send_half(request)
            return _kill(fault.pid, handler)
        if fault.kind == "delay":
            time.sleep(fault.seconds)
        answer = self._speak(request, self._send)
        match fault.kind:
            case "drop_answer":
                return _hang_up(handler)
            case "cut_answer" | "kill_during":
                self._give(handler, answer, half=True)
                return _kill(fault.pid, handler) if fault.pid else _hang_up(handler)
            case "corrupt_answer" if answer.body:
                middle = len(answer.body) // 2
                flipped = bytes([answer.body[middle] ^ 1])
                answer.body = answer.body[:middle] + flipped + answer.body[middle + 1 :]
            case "delay_answer":
                time.sleep(fault.seconds)
            case "hold_answer":
                self._until_another_is_answered(fault.seconds)
        self._give(handler, answer)
        if fault.kind == "kill_after":
            _kill(fault.pid, handler)

    def _until_another_is_answered(self, seconds: float) -> None:
        with self._answered:
            before = self._answers
            self._answered.wait_for(lambda: self._answers > before, seconds)

    def _send(self, request: Request) -> Answer:
        connection = http.client.HTTPConnection(*self._upstream, timeout=30)
        try:
            _put(connection, request, request.body)
            got = connection.getresponse()
            length = got.headers.get("Content-Length") if request.method == "HEAD" else None
            headers = [(k, v) for k, v in got.headers.items() if k.lower() not in _HOP_BY_HOP]
            return Answer(got.status, headers, got.read(), length)
        finally:
            connection.close()

    def _send_half(self, request: Request) -> None:
        connection = http.client.HTTPConnection(*self._upstream, timeout=30)
        with suppress(OSError):
            _put(connection, request, request.body[: len(request.body) // 2])
        connection.close()

    def _give(self, handler: BaseHTTPRequestHandler, answer: Answer, *, half: bool = False) -> None:
        handler.send_response_only(answer.status)
        for name, value in answer.headers:
            handler.send_header(name, value)
        if answer.status not in (204, 304):
            handler.send_header("Content-Length", answer.length or str(len(answer.body)))
        handler.end_headers()
        handler.wfile.write(answer.body[: len(answer.body) // 2] if half else answer.body)
        with self._answered:
            self._answers += 1
            self._answered.notify_all()


def _put(connection: http.client.HTTPConnection, request: Request, body: bytes) -> None:
    named = any(name.lower() == "host" for name, _ in request.headers)
    connection.putrequest(request.method, request.target, skip_host=named, skip_accept_encoding=True)
    for name, value in request.headers:
        if name.lower() not in _HOP_BY_HOP - {"content-length"}:
            connection.putheader(name, value)
    connection.endheaders(body or None)


def _hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    with suppress(OSError):
        handler.connection.shutdown(socket.SHUT_RDWR)


def _kill(pid: int, handler: BaseHTTPRequestHandler) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    _hang_up(handler)
