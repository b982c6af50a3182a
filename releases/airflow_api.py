"""The few questions that a shipper asks Airflow's REST API, wherever that Airflow runs.

What differs from one Airflow to another is only how a client gets in (`Access`); the questions are the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from environments.problems import Exit, Refusal

if TYPE_CHECKING:
    from airflow_client.client import ApiClient

# One worker on a busy laptop may take long for one answer; a closed port is known at once anyway.
_ANSWER_SECONDS = 30.0
_PAGE = 100
_UNAUTHORIZED = 401
IN_FLIGHT = ("queued", "running")
ENDED = ("success", "failed")


class Access(Protocol):
    """How to get at an Airflow."""

    @property
    def url(self) -> str:
        """Where it is, for messages."""

    @property
    def bundle(self) -> str | None:
        """Name of the DAG bundle that serves the releases; None where a loader in the DAG folder does."""

    @property
    def timeout(self) -> float:
        """Seconds within which a release must be served."""

    def connect(self) -> ApiClient:
        """A client that is let in; asked for anew when its token has ended.

        Raises:
            AirflowDown: Airflow, or who lets in, does not answer.
            Refusal: the credentials are not accepted.
        """


class NotServed(Exception):
    """Airflow does not serve the release; the message says why."""


class AirflowDown(NotServed):
    """Airflow did not answer."""


@dataclass(frozen=True)
class AirflowAccess:
    """An Airflow that gives tokens for a password. Without a user no token is asked for."""

    url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    bundle: str | None = "releases"
    timeout: float = 120.0

    def connect(self) -> ApiClient:
        """See Access."""
        from airflow_client.client import ApiClient, Configuration

        host = self.url.rstrip("/")
        configuration = Configuration(host=host, access_token=self._token(host))
        if self._on_this_machine():
            configuration.proxy = None
        return ApiClient(configuration)

    def _on_this_machine(self) -> bool:
        """No proxy leads there, whatever the environment says."""
        return urlsplit(self.url).hostname in ("127.0.0.1", "localhost", "::1")

    def _token(self, host: str) -> str | None:
        if self.username is None:
            return None
        import httpx

        credentials = {"username": self.username, "password": self.password}
        try:
            answer = httpx.post(
                f"{host}/auth/token",
                json=credentials,
                timeout=_ANSWER_SECONDS,
                trust_env=not self._on_this_machine(),
            )
            if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
                raise Refusal.because(
                    f"Airflow at {self.url} does not accept the user {self.username!r}",
                    remedy="check Airflow's user and password",
                    exit_code=Exit.UNAVAILABLE,
                )
            return str(answer.raise_for_status().json()["access_token"])
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise AirflowDown(f"Airflow's API at {self.url} does not answer: {error}") from None


class AirflowApi:
    """Asks; every answer is plain JSON, so that an Airflow of another minor version is understood too."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._client: ApiClient | None = None

    def import_errors(self) -> list[dict[str, Any]]:
        """Import errors of the bundle's files."""
        return list(self._all("ImportErrorApi", "get_import_errors", "import_errors", **self._in_bundle()))

    def dags(self, release: str) -> list[dict[str, Any]]:
        """The DAGs that are served from a release now, by their bundle's version, or by their tag."""
        of_it = {"bundle_version": release} if self.access.bundle else {"tags": [f"release:{release}"]}
        return list(self._all("DAGApi", "get_dags", "dags", exclude_stale=True, **self._in_bundle(), **of_it))

    def dag_versions(self, release: str) -> list[dict[str, Any]]:
        """The versions of DAGs that were recorded from a release."""
        return list(
            self._all(
                "DagVersionApi",
                "get_dag_versions",
                "dag_versions",
                dag_id="~",
                **self._in_bundle(),
                bundle_version=release,
            )
        )

    def runs(
        self, *, release: str | None = None, states: tuple[str, ...], order: str = "id"
    ) -> Iterator[dict[str, Any]]:
        """Runs of all DAGs in one of the states, perhaps only those that are bound to a release."""
        bound = {"bundle_version": release} if release else {}
        yield from self._all(
            "DagRunApi", "get_dag_runs", "dag_runs", dag_id="~", state=list(states), order_by=[order], **bound
        )

    def in_flight(self) -> set[str]:
        """Releases that runs which have not ended are bound to.

        Raises:
            AirflowDown: Airflow does not answer.
        """
        versions = (run.get("bundle_version") for run in self.runs(states=IN_FLIGHT))
        return {version for version in versions if version}

    def _in_bundle(self) -> dict[str, str]:
        return {"bundle_name": self.access.bundle} if self.access.bundle else {}

    def _all(self, api: str, operation: str, key: str, **given: Any) -> Iterator[dict[str, Any]]:
        offset = 0
        while True:
            page = self._ask(api, operation, limit=_PAGE, offset=offset, **given)
            yield from page[key]
            offset += len(page[key])
            if not page[key] or offset >= page["total_entries"]:
                return

    def _ask(self, api: str, operation: str, **given: Any) -> dict[str, Any]:
        import airflow_client.client as library
        from airflow_client.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        try:
            for _ in range(2):
                if self._client is None:
                    self._client = self.access.connect()
                asked = getattr(getattr(library, api)(self._client), f"{operation}_without_preload_content")
                answer = asked(**given, _request_timeout=_ANSWER_SECONDS)
                if answer.status != _UNAUTHORIZED:
                    break
                self._client = None
            if answer.status >= 300:
                raise AirflowDown(
                    self._silent(f"{answer.status} {answer.data[:200].decode(errors='replace')}")
                )
            document: dict[str, Any] = json.loads(answer.data)
        except (ApiException, HTTPError, ValueError) as error:
            raise AirflowDown(self._silent(str(error))) from None
        return document

    def _silent(self, reason: str) -> str:
        return f"Airflow's API at {self.access.url} does not answer: {reason}"
