"""Asks Airflow whether it serves a release, and why not."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dags.bundle.sluice_bundle.manifest import ReleaseManifest
from releases.airflow_api import AirflowApi, AirflowDown, NotServed
from releases.tree import dag_files

POLL_SECONDS = 0.5
# The file in the DAG folder of an Airflow that takes no bundle class of ours.
LOADER = "loader.py"
_RELEASE_IN_PATH = re.compile(r"/([0-9a-f]{64})/")
_RELEASE_TAG = re.compile(r"(?:release[:=-])?([0-9a-f]{8,64})")


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


class Proof:
    """Looks at an Airflow until it serves a release, or fails to."""

    def __init__(self, api: AirflowApi) -> None:
        self._api = api
        self._known_errors: set[tuple[int, str]] = set()

    def note_known_errors(self) -> None:
        """Remembers the import errors that are there before the pointer moves: they are not the release's.

        Raises:
            AirflowDown: Airflow does not answer.
        """
        self._known_errors = {
            (error["import_error_id"], error["timestamp"]) for error in self._api.import_errors()
        }

    def look(self, manifest: ReleaseManifest) -> Serving:
        """Compares what Airflow serves with what the release holds.

        Raises:
            AirflowDown: Airflow does not answer.
        """
        if self._api.access.bundle is None:
            return self._look_at_loader(manifest.id)
        release, files = manifest.id, dag_files(list(manifest.files))
        failures = [
            ImportFailure(error["filename"], error["stack_trace"])
            for error in self._api.import_errors()
            if error["filename"] in files and self._is_of(error, release)
        ]
        versioned = {version["dag_id"] for version in self._api.dag_versions(release)}
        # Airflow records a file's DAGs in one transaction, so one DAG of a file speaks for the file; a
        # DAG of it that stays at an older version is one that the file does not define any more.
        served = {
            dag["relative_fileloc"]
            for dag in self._api.dags(release)
            if dag["dag_id"] in versioned and not _tagged_otherwise(dag, release)
        }
        return Serving([file for file in files if file not in served], failures)

    def _look_at_loader(self, release: str) -> Serving:
        """One file serves all DAGs of a release or none, so one of them speaks for all."""
        failures = [
            ImportFailure(error["filename"], error["stack_trace"])
            for error in self._api.import_errors()
            if error["filename"].rpartition("/")[2] == LOADER and self._is_of(error, release)
        ]
        return Serving([] if self._api.dags(release) else [LOADER], failures)

    def wait(self, manifest: ReleaseManifest, progress: Callable[[str], None]) -> None:
        """Returns when the release is served.

        Raises:
            NotServed: an import error, or the time is over.
        """
        limit, total = self._api.access.timeout, len(dag_files(list(manifest.files)))
        deadline, told = time.monotonic() + limit, -1
        while True:
            try:
                serving = self.look(manifest)
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
                    progress(f"Airflow serves {total - told} of {total} DAG files of the release")
            if time.monotonic() > deadline:
                raise NotServed(f"{trouble}, after {limit:.0f} s")
            time.sleep(POLL_SECONDS)

    def _is_of(self, error: dict[str, Any], release: str) -> bool:
        if (error["import_error_id"], error["timestamp"]) in self._known_errors:
            return False
        # A parse of the old files may end after the pointer has moved; its traceback shows their folder.
        folders = set(_RELEASE_IN_PATH.findall(error["stack_trace"]))
        return not folders or release in folders


def _tagged_otherwise(dag: dict[str, Any], release: str) -> bool:
    """Whether the DAG carries another release's tag: it was parsed from that one's files."""
    for tag in dag.get("tags") or ():
        found = _RELEASE_TAG.fullmatch(tag["name"])
        if found and not release.startswith(found[1]):
            return True
    return False
