"""Asks Airflow whether it serves a release, and why not."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from environments.problems import Exit, Refusal
from releases.build import Release

POLL_SECONDS = 0.5
# One worker on a busy laptop may take long for one answer; a closed port is known at once anyway.
_ANSWER_SECONDS = 30
_PAGE = 100
_RELEASE_IN_PATH = re.compile(r"/([0-9a-f]{64})/")
_RELEASE_TAG = re.compile(r"(?:release[:=-])?([0-9a-f]{8,64})")


@dataclass(frozen=True)
class AirflowAccess:
    """Where Airflow's API is and who asks. Without a user no token is fetched."""

    url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    bundle: str = "releases"
    timeout: float = 120.0
    """Seconds within which a release must be served."""


@dataclass(frozen=True)
class ImportFailure:
    """A DAG file that Airflow could not import."""

    file: str
    text: str

    def __str__(self) -> str:
        return f"{self.file} cannot be imported:\n{self.text.strip()}"


@dataclass(frozen=True)
class Serving:
    """What one look at Airflow showed."""

    waiting_for: list[str]
    failures: list[ImportFailure]

    @property
    def done(self) -> bool:
        """Every DAG file of the release is served and none failed."""
        return not self.waiting_for and not self.failures


class NotServed(Exception):
    """Airflow does not serve the release; the message says why."""


class AirflowDown(NotServed):
    """Airflow did not answer."""


class Airflow:
    """A client of the few routes of Airflow's REST API that a shipper needs."""

    def __init__(self, access: AirflowAccess) -> None:
        self.access = access
        self._client = httpx.Client(base_url=access.url.rstrip("/"), timeout=_ANSWER_SECONDS)
        self._known_errors: set[tuple[int, str]] = set()

    def __enter__(self) -> Airflow:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def note_known_errors(self) -> None:
        """Remembers the import errors that are there before the pointer moves: they are not the release's.

        Raises:
            AirflowDown: Airflow does not answer.
        """
        self._known_errors = {(error["import_error_id"], error["timestamp"]) for error in self._errors()}

    def look(self, release: Release) -> Serving:
        """Compares what Airflow serves with what the release holds.

        Raises:
            AirflowDown: Airflow does not answer.
        """
        failures = [
            ImportFailure(error["filename"], error["stack_trace"])
            for error in self._errors()
            if error["filename"] in release.dag_files and self._is_of(error, release.id)
        ]
        bundle = {"bundle_name": self.access.bundle, "bundle_version": release.id}
        versioned = {v["dag_id"] for v in self._all("/api/v2/dags/~/dagVersions", "dag_versions", **bundle)}
        # Airflow records a file's DAGs in one transaction, so one DAG of a file speaks for the file; a
        # DAG of it that stays at an older version is one that the file does not define any more.
        served = {
            dag["relative_fileloc"]
            for dag in self._all("/api/v2/dags", "dags", exclude_stale="true", **bundle)
            if dag["dag_id"] in versioned and not _tagged_otherwise(dag, release.id)
        }
        return Serving([file for file in release.dag_files if file not in served], failures)

    def wait(self, release: Release, progress: Callable[[str], None]) -> None:
        """Returns when the release is served.

        Raises:
            NotServed: an import error, or the time is over.
        """
        deadline = time.monotonic() + self.access.timeout
        told = -1
        while True:
            try:
                serving = self.look(release)
            except AirflowDown as error:
                serving, trouble = None, str(error)
            if serving is not None:
                if serving.failures:
                    raise NotServed("\n".join(map(str, serving.failures)))
                if serving.done:
                    return
                missing = serving.waiting_for
                trouble = "Airflow has not taken over " + ", ".join(missing)
                if len(missing) != told:
                    told = len(missing)
                    total = len(release.dag_files)
                    progress(f"Airflow serves {total - told} of {total} DAG files of the release")
            if time.monotonic() > deadline:
                raise NotServed(f"{trouble}, after {self.access.timeout:.0f} s")
            time.sleep(POLL_SECONDS)

    def _errors(self) -> list[dict[str, Any]]:
        return list(self._all("/api/v2/importErrors", "import_errors", bundle_name=self.access.bundle))

    def _is_of(self, error: dict[str, Any], release: str) -> bool:
        if (error["import_error_id"], error["timestamp"]) in self._known_errors:
            return False
        # A parse of the old files may end after the pointer has moved; its traceback shows their folder.
        folders = set(_RELEASE_IN_PATH.findall(error["stack_trace"]))
        return not folders or release in folders

    def _all(self, path: str, key: str, **parameters: str) -> Iterator[dict[str, Any]]:
        offset = 0
        while True:
            page = self._get(path, {**parameters, "limit": _PAGE, "offset": offset})
            yield from page[key]
            offset += len(page[key])
            if not page[key] or offset >= page["total_entries"]:
                return

    def _get(self, path: str, parameters: dict[str, Any]) -> dict[str, Any]:
        try:
            if "Authorization" not in self._client.headers:
                self._log_in()
            response = self._client.get(path, params=parameters)
            if response.status_code == httpx.codes.UNAUTHORIZED:
                self._log_in()
                response = self._client.get(path, params=parameters)
            response.raise_for_status()
            document: dict[str, Any] = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise AirflowDown(f"Airflow's API at {self.access.url} does not answer: {error}") from None
        return document

    def _log_in(self) -> None:
        if self.access.username is None:
            return
        credentials = {"username": self.access.username, "password": self.access.password}
        response = self._client.post("/auth/token", json=credentials)
        if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise Refusal.because(
                f"Airflow at {self.access.url} does not accept the user {self.access.username!r}",
                remedy="check Airflow's user and password",
                exit_code=Exit.UNAVAILABLE,
            )
        response.raise_for_status()
        self._client.headers["Authorization"] = f"Bearer {response.json()['access_token']}"


def _tagged_otherwise(dag: dict[str, Any], release: str) -> bool:
    """Whether the DAG carries another release's tag: it was parsed from that one's files."""
    for tag in dag.get("tags") or ():
        found = _RELEASE_TAG.fullmatch(tag["name"])
        if found and not release.startswith(found[1]):
            return True
    return False
