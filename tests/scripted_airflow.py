"""A server that answers as Airflow's published REST API does, for the few routes that a shipper asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from releases.airflow_api import AirflowAccess
from tests.http_server import served

FILE = "dags/pipelines/hello/dag.py"


@dataclass
class Scripted:
    """What the server answers, and how often it was asked for a token."""

    dags: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    tokens: int = 0
    tokens_last: int = 1000
    url: str = ""
    username: str = "ann"
    on_look: Any = None

    def access(self, **options: Any) -> AirflowAccess:
        """How a shipper gets in."""
        return AirflowAccess(self.url, self.username, "right", **options)

    def serve(self, release: str, file: str = FILE, dag: str = "hello", tag: str | None = None) -> None:
        tags = [{"name": f"release:{tag or release}"}, {"name": "sales"}]
        self.dags.append({"dag_id": dag, "relative_fileloc": file, "tags": tags, "bundle_version": release})

    def run(self, release: str, state: str, dag: str = "hello", minute: int = 0) -> None:
        """A run that ended in that minute, or goes on."""
        ended = f"2026-11-21T00:{minute:02}:00Z" if state in ("success", "failed") else None
        row = {"dag_id": dag, "dag_run_id": f"{dag}-{len(self.runs)}", "bundle_version": release}
        self.runs.append({**row, "state": state, "end_date": ended})

    def fail(self, text: str, number: int = 1, file: str = FILE) -> None:
        error = {"import_error_id": number, "timestamp": "2026-11-21T00:00:00Z", "filename": file}
        self.errors.append({**error, "bundle_name": "releases", "stack_trace": text})


@contextmanager
def scripted_airflow() -> Iterator[Scripted]:
    """Runs one on a free port."""
    scripted = Scripted()
    uses = {"left": scripted.tokens_last}

    async def token(request: Request) -> JSONResponse:
        body = await request.json()
        if body != {"username": scripted.username, "password": "right"}:
            return JSONResponse({"detail": "Invalid credentials"}, status_code=401)
        scripted.tokens += 1
        uses["left"] = scripted.tokens_last
        return JSONResponse({"access_token": f"token-{scripted.tokens}"}, status_code=201)

    def page(key: str) -> Any:
        async def answer(request: Request) -> JSONResponse:
            uses["left"] -= 1
            if request.headers.get("authorization") != f"Bearer token-{scripted.tokens}" or uses["left"] < 0:
                return JSONResponse({"detail": "Not authenticated"}, status_code=401)
            if scripted.on_look:
                scripted.on_look()
            asked = request.query_params
            rows = _rows(scripted, key, asked)
            first = int(asked["offset"])
            # Airflow caps pages at its own limit, whatever is asked for.
            chunk = rows[first : first + 2]
            return JSONResponse({key: chunk, "total_entries": len(rows)})

        return answer

    routes = [
        Route("/auth/token", token, methods=["POST"]),
        Route("/api/v2/importErrors", page("import_errors")),
        Route("/api/v2/dags", page("dags")),
        Route("/api/v2/dags/~/dagVersions", page("dag_versions")),
        Route("/api/v2/dags/~/dagRuns", page("dag_runs")),
    ]
    with served(Starlette(routes=routes)) as scripted.url:
        yield scripted


def _rows(scripted: Scripted, key: str, asked: QueryParams) -> list[dict[str, Any]]:
    if key == "dags" and "tags" in asked:
        return [row for row in scripted.dags if {"name": asked["tags"]} in row["tags"]]
    if key != "dag_runs":
        assert asked.get("bundle_name", "releases") == "releases"
        rows = scripted.errors if key == "import_errors" else scripted.dags
        return [row for row in rows if row.get("bundle_version") == asked.get("bundle_version")]
    rows = [row for row in scripted.runs if row["state"] in asked.getlist("state")]
    if "bundle_version" in asked:
        rows = [row for row in rows if row["bundle_version"] == asked["bundle_version"]]
    if asked["order_by"] == "-end_date":
        rows = sorted(rows, key=lambda row: str(row["end_date"]), reverse=True)
    return rows
