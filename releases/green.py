"""Whether an environment has run a release green.

Green is: Airflow serves DAGs from the release, and of each of them the run that ended last, among those bound to
the release, succeeded. So one good run does, and a failure after it does not.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from releases.airflow_api import ENDED, AirflowApi


@dataclass(frozen=True)
class NotGreen:
    """A DAG that stands against it."""

    dag: str
    why: str

    def __str__(self) -> str:
        return f"{self.dag} {self.why}"


def reds(api: AirflowApi, release: str, *, excused: Collection[str] = ()) -> list[NotGreen]:
    """What stands against a release; `excused` DAGs need not have run, but must not have failed.

    Raises:
        AirflowDown: Airflow does not answer.
    """
    if api.access.bundle is None:
        # A run there is bound to no release.
        return [NotGreen("its Airflow", "does not say which release a run was of")]
    dags = sorted(dag["dag_id"] for dag in api.dags(release))
    if not dags:
        return [NotGreen("no DAG", "is served from it there")]
    last: dict[str, dict[str, object]] = {}
    for run in api.runs(release=release, states=ENDED, order="-end_date"):
        last.setdefault(run["dag_id"], run)
    found = []
    for dag in dags:
        if dag not in last:
            if dag not in excused:
                found.append(NotGreen(dag, "has not run there on this release"))
        elif last[dag]["state"] != "success":
            found.append(NotGreen(dag, f"failed there last (run {last[dag]['dag_run_id']})"))
    return found
