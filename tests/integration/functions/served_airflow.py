"""An Airflow behind MWAA's `InvokeRestApi`, served on the loopback interface: pages and bounds as Airflow has them.

Not a test. `tests/e2e` asks a real Airflow the same questions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

RUNS = "/dags/~/dagRuns"
TASKS = "/dags/~/dagRuns/~/taskInstances"
_COLLECTIONS = {
    "/variables": ("variables", "key"),
    "/connections": ("connections", "connection_id"),
    RUNS: ("dag_runs", "id"),
    TASKS: ("task_instances", "id"),
}
# Airflow's own most, whatever is asked for.
_MOST = 100


@dataclass
class ServedAirflow:
    """What the environment holds, by path, and what was asked of it."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {path: [] for path in _COLLECTIONS})
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    """Paths that Airflow answers with 500."""
    before_page: Callable[[str, dict[str, Any]], None] = lambda path, query: None
    """What happens in Airflow just before it reads a page."""

    def answer(self, environment: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """MWAA's status and body."""
        path, query = asked["Path"], asked["QueryParameters"]
        if (environment, asked["Method"]) != ("sluice-test-orchestrator", "GET") or path not in _COLLECTIONS:
            return 400, {"RestApiStatusCode": 404, "RestApiResponse": {"detail": "Not Found"}}
        self.asked.append((path, query))
        self.before_page(path, query)
        if path in self.failing:
            return 400, {"RestApiStatusCode": 500, "RestApiResponse": {"detail": "hunter2"}}
        return 200, {"RestApiStatusCode": 200, "RestApiResponse": self._page(path, query)}

    def _page(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        what, key = _COLLECTIONS[path]
        assert query["order_by"] == key
        limit = min(query["limit"], _MOST)
        found = sorted((row for row in self.rows[path] if _within(row, query)), key=lambda row: row[key])
        if "cursor" not in query:
            offset = query["offset"]
            return {what: found[offset : offset + limit], "total_entries": len(found)}
        after = [row for row in found if not query["cursor"] or row[key] > int(query["cursor"])]
        page = after[:limit]
        cursor = str(page[-1][key]) if len(after) > limit else None
        shown = [{name: value for name, value in row.items() if name != "updated_at"} for row in page]
        return {what: shown, "total_entries": len(found), "next_cursor": cursor}


def _within(row: dict[str, Any], query: dict[str, Any]) -> bool:
    lower, upper = query.get("updated_at_gte"), query.get("updated_at_lt")
    return not (
        (lower and row["updated_at"] < datetime.fromisoformat(lower))
        or (upper and row["updated_at"] >= datetime.fromisoformat(upper))
    )


@contextmanager
def serve(airflow: ServedAirflow) -> Iterator[str]:
    """Serves it; gives the endpoint's URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = airflow.answer(self.path.removeprefix("/restapi/"), body)
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            if status == 400:
                kind = "Client" if answer["RestApiStatusCode"] < 500 else "Server"
                self.send_header("x-amzn-ErrorType", f"RestApi{kind}Exception")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
