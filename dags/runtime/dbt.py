"""Runs the dbt project of a release in this process."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dags.runtime import warehouse
from dags.runtime.problems import PipelineProblem, Unrecoverable
from environments.manifest import PlatformManifest


@dataclass(frozen=True)
class Built:
    """What a build did: nodes by status."""

    models: int
    tests: int


def build(manifest: PlatformManifest, project: Path, *, select: str, variables: str = "{}") -> Built:
    """Builds and tests the selected models, alone in the warehouse.

    What dbt writes beside the warehouse (its target folder and logs) goes to a temporary folder, because a
    release's folder is read-only; so partial parsing has nothing to go on and is off.

    Args:
        manifest: names the warehouse.
        project: the folder of `dbt_project.yml` and `profiles.yml`.
        select: dbt's node selection.
        variables: dbt variables as a JSON object.

    Raises:
        Unrecoverable: a test failed, or the project is wrong.
        PipelineProblem: a model could not be built.
    """
    # Imported here: it takes seconds, and loads what only this task needs.
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    with tempfile.TemporaryDirectory(prefix="dbt-") as work, warehouse.lock(manifest) as database:
        arguments = [
            "build",
            "--project-dir",
            str(project),
            "--profiles-dir",
            str(project),
            "--select",
            select,
        ]
        arguments += ["--target-path", f"{work}/target", "--log-path", f"{work}/logs", "--vars", variables]
        arguments += ["--target", manifest.warehouse.kind, "--no-partial-parse", "--no-use-colors"]
        with _environment({"SLUICE_WAREHOUSE": str(database), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}):
            try:
                outcome = dbtRunner().invoke(arguments)
            finally:
                # The file must be closed before the lock is let go.
                DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    results = list(getattr(outcome.result, "results", []))
    if outcome.exception is not None:
        raise Unrecoverable(f"dbt: {outcome.exception}", where=str(project))
    failed = [one for one in results if one.status in ("error", "fail", "runtime error")]
    if failed:
        what = "; ".join(f"{one.node.name}: {(one.message or one.status).strip()}" for one in failed)
        kind = Unrecoverable if all(one.status == "fail" for one in failed) else PipelineProblem
        raise kind(f"dbt: {what}", where=str(project), remedy="the task's log holds what dbt said")
    if not outcome.success or not results:
        raise Unrecoverable(f"dbt built nothing for selection {select!r}", where=str(project))
    models = sum(one.node.resource_type == "model" for one in results)
    return Built(models, sum(one.node.resource_type == "test" for one in results))


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
