"""Requirements and plugins of a managed Airflow, on a lane of their own: changing them restarts it, which takes
a quarter of an hour and more, so no ship does it.

What is sent are two objects in the releases zone, `airflow/requirements.txt` and `airflow/plugins.zip`. MWAA is
told which version of each to run (the bucket keeps versions). A record beside them names the versions of now and
of before, so that going back sends nothing; an update that MWAA could not make is taken back.
"""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dags.bundle.sluice_bundle.errors import ReleaseDamaged, ReleaseError, StorageUnavailable
from dags.bundle.sluice_bundle.manifest import sha256
from dags.bundle.sluice_bundle.storage import Storage
from environments.problems import Exit, Problem, Refusal
from releases.build import archive
from releases.requirements import direct_requirements
from releases.swap import swap
from releases.targets.mwaa import described

REQUIREMENTS, PLUGINS, RECORD = "airflow/requirements.txt", "airflow/plugins.zip", "airflow/LANE"
BUNDLE = Path("dags") / "bundle" / "sluice_bundle"
_PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.!+_-]+")
# Airflow's own page of constraints; MWAA asks for such a line in every file of requirements.
_CONSTRAINTS = (
    "https://raw.githubusercontent.com/apache/airflow/constraints-{version}/constraints-{python}.txt"
)
_PYTHON = "3.12"  # of MWAA's images of Airflow 3
_POLL_SECONDS = 15.0
_LONGEST_SECONDS = 60 * 60.0


@dataclass(frozen=True)
class Sent:
    """One object as it was sent: its version in the bucket, and what it holds."""

    version: str
    sha256: str


@dataclass(frozen=True)
class State:
    """What MWAA is to run."""

    requirements: Sent
    plugins: Sent


@dataclass(frozen=True)
class Record:
    """The states of now and of before; `by` and `at` say who changed it, and when."""

    current: State
    previous: State | None
    by: str
    at: str


def objects_of(root: Path, airflow_version: str) -> dict[str, bytes]:
    """The two objects, by their paths; the same sources give the same bytes.

    Raises:
        Refusal: the lock cannot be read.
    """
    constraints = _CONSTRAINTS.format(version=airflow_version, python=_PYTHON)
    lines = [f'--constraint "{constraints}"', *direct_requirements(root)]
    return {REQUIREMENTS: "".join(f"{line}\n" for line in lines).encode(), PLUGINS: _plugins(root)}


def check(objects: dict[str, bytes]) -> None:
    """The lane's own gate, as far as it can be judged without the service.

    Raises:
        Refusal: holds every reason.
    """
    problems = []
    first, *lines = objects[REQUIREMENTS].decode().splitlines()
    if not first.startswith("--constraint "):
        problems.append(Problem("the first line of the requirements is no --constraint, which MWAA asks for"))
    for line in lines:
        if not _PINNED.fullmatch(line):
            problems.append(
                Problem(f"`{line}` is not pinned", remedy="pin it in pyproject.toml: name==version")
            )
        elif line.split("==")[0] in ("apache-airflow", "apache-airflow-core", "apache-airflow-task-sdk"):
            problems.append(
                Problem(f"`{line}` would replace the service's own Airflow", remedy="leave it out")
            )
    with zipfile.ZipFile(io.BytesIO(objects[PLUGINS])) as plugins:
        if f"{BUNDLE.name}/bundle.py" not in plugins.namelist():
            problems.append(Problem("the plugins do not hold the bundle that serves the releases"))
    if problems:
        raise Refusal(*problems, exit_code=Exit.CHECK_SAID_NO)


def send(storage: Storage, objects: dict[str, bytes], *, by: str) -> Record:
    """Puts what differs from the current state into the bucket, and records it as the next state.

    Raises:
        ReleaseError: storage failed, or keeps no versions.
        Outrun: somebody else changed the record meanwhile.
    """
    before = read(storage)
    current = before[0].current if before else None
    state = State(
        _put(storage, REQUIREMENTS, objects[REQUIREMENTS], current.requirements if current else None),
        _put(storage, PLUGINS, objects[PLUGINS], current.plugins if current else None),
    )
    if before and state == current:
        return before[0]
    return _write(storage, Record(state, current, by, _now()), before)


def turn_back(storage: Storage, *, by: str) -> Record:
    """Makes the state of before the current one.

    Raises:
        ReleaseError: there is none, or storage failed.
        Outrun: somebody else changed the record meanwhile.
    """
    before = read(storage)
    if before is None or before[0].previous is None:
        raise ReleaseError("there are no earlier requirements and plugins to go back to")
    record = before[0]
    assert record.previous
    return _write(storage, Record(record.previous, record.current, by, _now()), before)


def read(storage: Storage) -> tuple[Record, Any] | None:
    """The record, and its version in the store; None where nothing was ever sent.

    Raises:
        ReleaseDamaged: it is none.
    """
    found = storage.get(RECORD)
    if found is None:
        return None
    try:
        document = json.loads(found.data)
        previous = document["previous"]
        record = Record(
            _state(document["current"]),
            _state(previous) if previous else None,
            str(document["by"]),
            str(document["at"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ReleaseDamaged(f"{RECORD} is no record of requirements: {error!r}") from None
    return record, found.version


class NotInstalled(Exception):
    """MWAA could not make the update; the message says why."""


def change(
    storage: Storage,
    client: Any,
    name: str,
    objects: dict[str, bytes] | None,
    progress: Callable[[str], None],
    *,
    by: str,
    poll_seconds: float = _POLL_SECONDS,
) -> tuple[Record, bool]:
    """Has the MWAA environment run these requirements and plugins, or with None those of before.

    Returns the record, and whether MWAA had to change anything.

    Raises:
        Refusal: MWAA is busy, or could not install them; it is then given what it ran before.
        ReleaseError: storage failed.
    """
    _must_be_idle(described(client, name), name)
    record = turn_back(storage, by=by) if objects is None else send(storage, objects, by=by)
    if _runs(described(client, name), record.current):
        return record, False
    progress(f"MWAA installs requirements {record.current.requirements.sha256[:12]} into {name}")
    try:
        _update(client, name, record.current, poll_seconds)
    except NotInstalled as reason:
        back = _take_back(storage, client, name, record, by, poll_seconds)
        raise Refusal.because(
            f"MWAA could not install the requirements into {name}: {reason}",
            remedy=f"{back}; its logs say more",
            exit_code=Exit.CHECK_SAID_NO,
        ) from None
    return record, True


def _take_back(storage: Storage, client: Any, name: str, record: Record, by: str, poll_seconds: float) -> str:
    if record.previous is None:
        return "there is nothing earlier to go back to"
    turn_back(storage, by=by)
    try:
        _update(client, name, record.previous, poll_seconds)
    except NotInstalled as reason:
        return f"going back failed too: {reason}"
    return "it runs again what it ran before"


def _must_be_idle(environment: dict[str, Any], name: str) -> None:
    if environment["Status"] not in ("AVAILABLE", "UPDATE_FAILED"):
        raise Refusal.because(
            f"MWAA environment {name} is {environment['Status']}",
            remedy="wait until it is AVAILABLE, then do it again",
            exit_code=Exit.UNAVAILABLE,
        )


def _update(client: Any, name: str, state: State, poll_seconds: float) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    wanted = {
        "RequirementsS3Path": REQUIREMENTS,
        "RequirementsS3ObjectVersion": state.requirements.version,
        "PluginsS3Path": PLUGINS,
        "PluginsS3ObjectVersion": state.plugins.version,
    }
    try:
        client.update_environment(Name=name, **wanted)
    except (BotoCoreError, ClientError) as error:
        raise NotInstalled(str(error)) from None
    deadline = time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < deadline:
        environment = described(client, name)
        update = environment.get("LastUpdate", {})
        if environment["Status"] in ("AVAILABLE", "UPDATE_FAILED") and update.get("Status") != "PENDING":
            if _runs(environment, state) and update.get("Status") != "FAILED":
                return
            raise NotInstalled(update.get("Error", {}).get("ErrorMessage", "it does not say why"))
        time.sleep(poll_seconds)
    raise NotInstalled(f"not done after {_LONGEST_SECONDS:.0f} s")


def _runs(environment: dict[str, Any], state: State) -> bool:
    return (
        environment.get("RequirementsS3ObjectVersion") == state.requirements.version
        and environment.get("PluginsS3ObjectVersion") == state.plugins.version
    )


def _put(storage: Storage, path: str, data: bytes, current: Sent | None) -> Sent:
    digest = sha256(data)
    if current and current.sha256 == digest:
        return current
    found = storage.get(path)
    version = swap(storage, path, data, found.version if found else None).version
    if version is None:
        raise StorageUnavailable(f"the store keeps no versions of {path}: switch the bucket's versions on")
    return Sent(version, digest)


def _write(storage: Storage, record: Record, before: tuple[Record, Any] | None) -> Record:
    data = json.dumps(asdict(record), sort_keys=True, indent=1).encode() + b"\n"
    swap(storage, RECORD, data, before[1] if before else None)
    return record


def _state(document: dict[str, Any]) -> State:
    return State(Sent(**document["requirements"]), Sent(**document["plugins"]))


def _plugins(root: Path) -> bytes:
    """Airflow puts the plugins folder on Python's path, and must not take the package's modules for plugins."""
    members = {".airflowignore": f"{BUNDLE.name}/\n".encode()}
    for file in sorted((root / BUNDLE).glob("*.py")):
        members[f"{BUNDLE.name}/{file.name}"] = file.read_bytes()
    return archive(members)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
