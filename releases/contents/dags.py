"""The DAGs of a release, read by Airflow itself in a clean process of the runtime's environment."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from environments import places
from environments.problems import Exit, Location, Refusal

READER = Path(__file__).with_name("dag_reader.py")
IMPORT_SECONDS = 30.0
"""What one DAG file may take: Airflow's own `dagbag_import_timeout`."""
_START_SECONDS = 120.0
"""What importing Airflow may take on a busy machine."""

# Of a serialised task: what it looks like, how it is documented, and what follows from the rest.
_NOT_BEHAVIOUR = frozenset(
    ["doc_md", "doc", "ui_color", "ui_fgcolor", "template_fields", "template_fields_renderers", "task_id",
     "label", "operator_extra_links", "_operator_name", "_needs_expansion", "downstream_task_ids"]
)  # fmt: skip
_RELEASE_TAG = "release:"


@dataclass(frozen=True)
class Task:
    """One task: its settings by Airflow's names, and the tasks that come after it."""

    id: str
    settings: Mapping[str, Any]
    downstream: frozenset[str]

    @property
    def owner(self) -> str:
        """Who answers for it; Airflow's own default is `airflow`."""
        return str(self.settings.get("owner", "airflow"))

    @property
    def reports_failure(self) -> bool:
        """Whether it has a failure callback."""
        return bool(self.settings.get("has_on_failure_callback"))


@dataclass(frozen=True)
class Dag:
    """One DAG."""

    id: str
    file: str
    schedule: str
    tags: tuple[str, ...]
    """Without the release's own."""
    doc: str
    settings: Mapping[str, Any]
    """What else decides how it runs, by Airflow's names."""
    tasks: Mapping[str, Task]


@dataclass(frozen=True)
class DagFile:
    """One DAG file as Airflow found it."""

    file: str
    seconds: float
    """That its parse took, without the import of Airflow."""
    error: str = ""
    dags: tuple[Dag, ...] = field(default_factory=tuple)


def read(folder: Path, files: Sequence[str], *, seconds: float = IMPORT_SECONDS) -> list[DagFile]:
    """Reads DAG files of an unpacked release or of a checkout.

    Raises:
        Refusal: there is no runtime environment, or Airflow cannot start in it (exit code 3).
    """
    if not files:
        return []
    python = places.venv_python("runtime")
    if not python.exists():
        raise Refusal.because(
            "the environment that holds Airflow is not installed",
            where=Location(python),
            remedy="run `make install`",
            exit_code=Exit.UNAVAILABLE,
        )
    with tempfile.TemporaryDirectory(prefix="sluice-dags-") as home:
        output = Path(home) / "dags.json"
        command = [str(part) for part in (python, "-P", READER, folder, seconds, output, *files)]
        try:
            done = subprocess.run(
                command,
                env=clean_environment(home),
                cwd=home,
                capture_output=True,
                text=True,
                timeout=_START_SECONDS + seconds * len(files),
            )
            content = json.loads(output.read_bytes())
        except (subprocess.TimeoutExpired, OSError, ValueError):
            said = done.stderr.strip().splitlines()[-1:] if "done" in locals() else ["it took too long"]
            raise Refusal.because(
                f"Airflow could not read DAG files: {(said or ['it said nothing'])[0]}",
                remedy="run `make install`; it installs the runtime anew",
                exit_code=Exit.UNAVAILABLE,
            ) from None
    return [_file(item) for item in content]


def clean_environment(home: str) -> dict[str, str]:
    """A clean one: no credentials, no configuration of an Airflow that is there, no packages from elsewhere."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "JAVA_HOME") if name in os.environ}
    return {
        **kept,
        "HOME": home,
        "TMPDIR": home,
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _file(content: Mapping[str, Any]) -> DagFile:
    dags = tuple(_dag(item, content["file"]) for item in content["dags"])
    return DagFile(content["file"], content["seconds"], content["error"], dags)


def _dag(content: Mapping[str, Any], file: str) -> Dag:
    tasks = [_task(item["__var"]) for item in content["tasks"]]
    kept = (
        "catchup", "start_date", "end_date", "max_active_runs", "max_active_tasks", "dagrun_timeout",
        "max_consecutive_failed_dag_runs", "has_on_failure_callback", "is_paused_upon_creation", "timezone",
    )  # fmt: skip
    return Dag(
        id=content["dag_id"],
        file=file,
        schedule=_schedule(content.get("timetable") or {}),
        tags=tuple(sorted(tag for tag in content.get("tags") or () if not tag.startswith(_RELEASE_TAG))),
        doc=(content.get("doc_md") or "").strip(),
        settings={name: content[name] for name in kept if content.get(name) is not None},
        tasks={task.id: task for task in tasks},
    )


def _schedule(timetable: Mapping[str, Any]) -> str:
    """A timetable in a word: its cron expression, the assets that it waits for, or its class and settings."""
    kind = str(timetable.get("__type", "")).rsplit(".", 1)[-1]
    given = timetable.get("__var") or {}
    settings = ", ".join(
        f"{name} {given[name]}" for name in sorted(given) if given[name] not in (None, "", [], {})
    )
    return f"{kind}({settings})" if kind else "none"


def _task(content: Mapping[str, Any]) -> Task:
    settings = {name: value for name, value in content.items() if name not in _NOT_BEHAVIOUR}
    return Task(content["task_id"], settings, frozenset(content.get("downstream_task_ids") or ()))
