"""Servers that answer as the published APIs of MWAA and Cloud Composer do, with a scripted Airflow behind them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.http_server import served
from tests.scripted_airflow import Scripted

COMPOSER = "projects/acme/locations/europe-west1/environments/sluice-gcp-dev-orchestrator"


@dataclass
class Mwaa:
    """One MWAA environment: what it is, what was asked of it, and which object versions it cannot install."""

    airflow: Scripted
    environment: dict[str, Any] = field(default_factory=lambda: {"Status": "AVAILABLE"})
    asked: list[dict[str, Any]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    cannot_install: str = ""
    url: str = ""

    def describe(self) -> dict[str, Any]:
        """GetEnvironment; an update that was asked for is over at the next look."""
        told = dict(self.environment)
        if self.environment["Status"] == "UPDATING":
            self.environment["Status"] = "AVAILABLE"
        return told

    def update(self, change: dict[str, Any]) -> None:
        """UpdateEnvironment; one that fails leaves the environment as it was."""
        self.updates.append(change)
        if change["RequirementsS3ObjectVersion"] == self.cannot_install:
            error = {"ErrorCode": "INCORRECT_CONFIGURATION", "ErrorMessage": "no matching distribution"}
            self.environment |= {"Status": "UPDATING", "LastUpdate": {"Status": "FAILED", "Error": error}}
        else:
            self.environment |= {**change, "Status": "UPDATING", "LastUpdate": {"Status": "SUCCESS"}}


@contextmanager
def scripted_mwaa(airflow: Scripted) -> Iterator[Mwaa]:
    """Runs one."""
    mwaa = Mwaa(airflow)

    async def environment(request: Request) -> JSONResponse:
        if request.method == "PATCH":
            mwaa.update(await request.json())
            return JSONResponse({"Arn": "arn:aws:airflow:eu-west-1:111122223333:environment/e"})
        return JSONResponse({"Environment": {"Name": request.path_params["name"], **mwaa.describe()}})

    async def rest(request: Request) -> JSONResponse:
        asked = await request.json()
        mwaa.asked.append(asked)
        credentials = {"username": airflow.username, "password": "right"}
        async with httpx.AsyncClient(base_url=airflow.url) as client:
            token = (await client.post("/auth/token", json=credentials)).json()["access_token"]
            answer = await client.request(
                asked["Method"],
                f"/api/v2{asked['Path']}",
                params=asked.get("QueryParameters"),
                headers={"Authorization": f"Bearer {token}"},
            )
        body = {"RestApiStatusCode": answer.status_code, "RestApiResponse": _json(answer)}
        if answer.status_code < 400:
            return JSONResponse(body)
        return JSONResponse(body, 400, {"x-amzn-ErrorType": "RestApiClientException"})

    routes = [
        Route("/environments/{name}", environment, methods=["GET", "PATCH"]),
        Route("/restapi/{name}", rest, methods=["POST"]),
    ]
    with served(Starlette(routes=routes)) as mwaa.url:
        yield mwaa


@dataclass
class Composer:
    """One Composer environment, and the operations that go on in its location."""

    airflow: Scripted
    state: str = "RUNNING"
    operations: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def operate(self, kind: str, environment: str, done: bool = False) -> None:
        """Adds an operation."""
        metadata = {
            "@type": "type.googleapis.com/google.cloud.orchestration.airflow.service.v1.OperationMetadata",
            "operationType": kind,
            "resource": environment,
        }
        name = f"projects/acme/locations/europe-west1/operations/{len(self.operations)}"
        self.operations.append({"name": name, "done": done, "metadata": metadata})


@contextmanager
def scripted_composer(airflow: Scripted) -> Iterator[Composer]:
    """Runs one, and the place where Google gives tokens."""
    composer = Composer(airflow)

    async def environment(request: Request) -> JSONResponse:
        if request.path_params["name"] != COMPOSER.removeprefix("projects/"):
            return JSONResponse({"error": {"code": 404, "message": "not found", "status": "NOT_FOUND"}}, 404)
        config = {
            "airflowUri": airflow.url,
            "dagGcsPrefix": "gs://europe-west1-sluice-bucket/dags",
            "softwareConfig": {"imageVersion": "composer-3-airflow-3.3.1-build.2"},
        }
        return JSONResponse({"name": COMPOSER, "state": composer.state, "config": config})

    async def operations(request: Request) -> JSONResponse:
        return JSONResponse({"operations": composer.operations})

    async def token(request: Request) -> JSONResponse:
        assert b"grant-type%3Ajwt-bearer" in await request.body()
        airflow.tokens = 1
        return JSONResponse({"access_token": "token-1", "expires_in": 3600, "token_type": "Bearer"})

    routes = [
        Route("/token", token, methods=["POST"]),
        Route("/v1/projects/{place}/locations/{location}/operations", operations),
        Route("/v1/projects/{name:path}", environment),
    ]
    with served(Starlette(routes=routes)) as composer.url:
        yield composer


def google_credentials(folder: Path, url: str) -> Path:
    """A file of a service account whose tokens come from `url`."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account",
        "project_id": "acme",
        "private_key_id": "1",
        "private_key": key.decode(),
        "client_email": "ci@acme.example",
        "token_uri": f"{url}/token",
    }
    file = folder / "account.json"
    file.write_text(json.dumps(account))
    return file


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return {"detail": answer.text}
