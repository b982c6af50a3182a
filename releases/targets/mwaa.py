"""Airflow on Amazon MWAA, asked through AWS's own API: who may call it is IAM's to say, and no network path to
the web server is needed.

Credentials and endpoints come from boto3's default chain.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from environments.problems import Exit, Refusal
from releases.airflow_api import AirflowDown

if TYPE_CHECKING:
    from airflow_client.client import ApiClient

# The paths that the service takes begin behind this; it knows the version of the API by itself.
_PREFIX = "/api/v2"
# Its own limits (API reference of InvokeRestApi): of the path's length, and ten seconds for an answer.
_LONGEST_PATH = 64
# States in which the environment's web server answers.
ANSWERING = frozenset({"AVAILABLE", "UPDATING", "CREATING_SNAPSHOT", "UPDATE_FAILED", "MAINTENANCE"})


@dataclass(frozen=True)
class MwaaAccess:
    """The Airflow of an MWAA environment."""

    name: str
    region: str
    bundle: str | None = "releases"
    timeout: float = 600.0
    """A scheduler of the smallest class takes minutes to parse."""

    @property
    def url(self) -> str:
        """How messages call it."""
        return f"MWAA environment {self.name} in {self.region}"

    def connect(self) -> ApiClient:
        """See Access."""
        client = self.client()
        state = described(client, self.name)["Status"]
        if state not in ANSWERING:
            raise AirflowDown(f"{self.url} is {state}")
        return _client_through(client, self.name)

    def client(self) -> Any:
        """boto3's client of MWAA."""
        import boto3

        return boto3.client("mwaa", region_name=self.region)


def described(client: Any, name: str) -> dict[str, Any]:
    """What MWAA says of an environment.

    Raises:
        Refusal: it is not there, or the caller may not see it.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        environment: dict[str, Any] = client.get_environment(Name=name)["Environment"]
    except (BotoCoreError, ClientError) as error:
        raise Refusal.because(
            f"MWAA does not tell of the environment {name}: {error}",
            remedy="check the account, region and rights (airflow:GetEnvironment) of your credentials",
            exit_code=Exit.UNAVAILABLE,
        ) from None
    return environment


def _client_through(client: Any, name: str) -> ApiClient:
    from airflow_client.client import ApiClient, Configuration

    class ThroughMwaa(ApiClient):
        """Airflow's client with AWS's API as its wire."""

        def call_api(self, method: str, url: str, *_: Any, body: Any = None, **__: Any) -> Any:
            return _Wire(_invoke(client, name, method, url, body))

    return ThroughMwaa(Configuration(host="https://mwaa"))


@dataclass(frozen=True)
class _Wire:
    """What Airflow's client expects of an answer on the wire."""

    response: _Answer


@dataclass(frozen=True)
class _Answer:
    status: int
    data: bytes


def _invoke(client: Any, name: str, method: str, url: str, body: Any) -> _Answer:
    from botocore.exceptions import BotoCoreError, ClientError

    place = urlsplit(url)
    path = place.path.removeprefix(_PREFIX)
    if len(path) > _LONGEST_PATH:
        raise AirflowDown(f"MWAA takes no path of over {_LONGEST_PATH} characters: {path}")
    asked: dict[str, Any] = {"Name": name, "Path": path, "Method": method}
    if query := _query(place.query):
        asked["QueryParameters"] = query
    if body is not None:
        asked["Body"] = body
    try:
        answer = client.invoke_rest_api(**asked)
    except ClientError as error:
        # Airflow's own refusals come as errors of AWS's API, with Airflow's status and answer inside.
        inside: dict[str, Any] = dict(error.response)
        if "RestApiStatusCode" not in inside:
            raise AirflowDown(f"MWAA does not pass the question on to {name}: {error}") from None
        return _Answer(inside["RestApiStatusCode"], json.dumps(inside.get("RestApiResponse")).encode())
    except BotoCoreError as error:
        raise AirflowDown(f"MWAA does not pass the question on to {name}: {error}") from None
    return _Answer(answer["RestApiStatusCode"], json.dumps(answer["RestApiResponse"]).encode())


def _query(text: str) -> dict[str, Any]:
    """As MWAA takes it: a value by key, a list where a key comes more than once."""
    query: dict[str, Any] = {}
    for key, value in parse_qsl(text):
        query[key] = [*_listed(query[key]), value] if key in query else value
    return query


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
