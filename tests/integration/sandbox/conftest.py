"""A real sandbox process, a moto server with the client's secret, and a client that retries as it should."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer

from environments import places

SECRET_NAME = "sluice-local-source-commerce"
CLIENT = {"client_id": "sluice", "client_secret": "s3cret: with+odd%25characters"}


# One connection pool for all: a pool each would spend the time on TLS contexts that plain HTTP never uses.
HTTP = httpx.Client(trust_env=False, timeout=30)


@dataclass
class RetryingClient:
    """Asks for a new token on 401, waits as told on 429, tries again on 500. Counts what it met."""

    base_url: str
    met: list[int] = field(default_factory=list)
    token: str = "none-yet"

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        for _ in range(10):
            bearer = {"Authorization": f"Bearer {self.token}"}
            answer = HTTP.get(self.base_url + path, params=parameters, headers=bearer)
            self.met.append(answer.status_code)
            match answer.status_code:
                case 401:
                    self.token = request_token(self.base_url).json()["access_token"]
                case 429:
                    time.sleep(int(answer.headers["Retry-After"]))
                case 500:
                    pass
                case _:
                    return answer
        raise AssertionError(f"{path} never got through: {self.met[-10:]}")

    def pages(self, path: str, **parameters: Any) -> Iterator[list[dict[str, Any]]]:
        cursor: dict[str, str] = {}
        while True:
            answer = self.get(path, **parameters, **cursor)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            yield body["data"]
            if body["next_cursor"] is None:
                return
            cursor = {"cursor": body["next_cursor"]}


def request_token(base_url: str, client_secret: str = CLIENT["client_secret"], **form: str) -> httpx.Response:
    """Asks for a token as RFC 6749 says, without retrying."""
    return HTTP.post(
        base_url + "/oauth/token",
        data={"grant_type": "client_credentials", **form},
        auth=(CLIENT["client_id"], client_secret),
    )


@dataclass
class Sandbox:
    """A running sandbox process."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]

    def client(self) -> RetryingClient:
        return RetryingClient(self.url)


@pytest.fixture(scope="session")
def aws_environment() -> Iterator[dict[str, str]]:
    """An environment in which the default chain leads to a moto server that holds the client's secret."""
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    try:
        yield environment
    finally:
        server.stop()


@pytest.fixture(scope="module", autouse=True)
def known_client(aws_environment: dict[str, str]) -> None:
    """The client's secret, there for each test file: one that mocks AWS in this process empties the server too."""
    service = secrets_client(aws_environment)
    if not service.list_secrets(Filters=[{"Key": "name", "Values": [SECRET_NAME]}])["SecretList"]:
        service.create_secret(Name=SECRET_NAME, SecretString=json.dumps(CLIENT))


def secrets_client(environment: dict[str, str]) -> Any:
    """Secrets Manager of the moto server."""
    return boto3.client(
        "secretsmanager",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="eu-west-1",
    )


@contextmanager
def _serve(log: Path, environment: dict[str, str], flags: tuple[str, ...]) -> Iterator[Sandbox]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.sandbox", "--port", "0", *flags],
            cwd=places.ROOT,
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Sandbox(_base_url(log, process), log, process)
    finally:
        process.terminate()
        try:
            process.wait(10)
        finally:
            process.kill()


def _base_url(log: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"sandbox on (http://127\.0\.0\.1:\d+)", log.read_text()):
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"the sandbox did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def serve(
    aws_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Sandbox]]:
    """Starts one more sandbox with these flags; all are stopped when the session ends."""
    with ExitStack() as stack:

        def start(*flags: str) -> Sandbox:
            log = tmp_path_factory.mktemp("sandbox") / "sandbox.log"
            return stack.enter_context(_serve(log, aws_environment, flags))

        yield start


@pytest.fixture(scope="session")
def fast(serve: Callable[..., Sandbox]) -> Sandbox:
    """A sandbox that hardly ever says 429, but more often 500 than the usual one."""
    return serve("--rate", "5000", "--error-rate", "0.05", "--seed", "7", "--control")


@pytest.fixture(scope="session")
def usual(serve: Callable[..., Sandbox]) -> Sandbox:
    """A sandbox as the local platform runs it."""
    return serve()


@pytest.fixture(scope="session")
def forgetful(serve: Callable[..., Sandbox]) -> Sandbox:
    """A sandbox whose tokens die young; its seed is that of `fast`."""
    return serve("--token-seconds", "1.5", "--rate", "5000", "--error-rate", "0", "--seed", "7")


@pytest.fixture(scope="session")
def http() -> httpx.Client:
    """A client that asks once and takes what comes."""
    return HTTP


@pytest.fixture(scope="session")
def ask_token() -> Callable[..., httpx.Response]:
    """Asks a sandbox for a token, once."""
    return request_token


@pytest.fixture(scope="session")
def oauth_client() -> dict[str, str]:
    """The client that the secret holds."""
    return CLIENT


@pytest.fixture(scope="session")
def secrets_service(aws_environment: dict[str, str]) -> Any:
    """The secrets service that the sandboxes read."""
    return secrets_client(aws_environment)
