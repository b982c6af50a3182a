"""Starts pipeline runs through Airflow's REST API and follows them to their end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from airflow_client.client import (
    ApiClient,
    DAGApi,
    DagRunApi,
    DAGRunClearBody,
    TaskInstanceApi,
    TriggerDAGRunPostBody,
    XComApi,
)
from airflow_client.client.exceptions import ApiException, NotFoundException

from environments.problems import Exit, Refusal

FINAL = frozenset({"success", "failed"})
# The task whose return value is a run's summary, by convention of every pipeline.
SUMMARY_TASK = "publish"


@dataclass
class Run:
    """One pipeline run, as last seen. Task states are in the order of the DAG's tasks."""

    pipeline: str
    day: date
    run_id: str
    state: str = "queued"
    tasks: dict[str, str] = field(default_factory=dict)
    seconds: float | None = None

    @property
    def over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.state in FINAL


class Runs:
    """The runs of an Airflow."""

    def __init__(self, client: ApiClient) -> None:
        self._dags = DAGApi(client)
        self._runs = DagRunApi(client)
        self._tasks = TaskInstanceApi(client)
        self._xcoms = XComApi(client)
        self._order: dict[str, list[str]] = {}

    def pipelines(self) -> list[str]:
        """The pipelines that are served now."""
        return sorted(dag.dag_id for dag in self._dags.get_dags(limit=100).dags)

    def find(self, pipeline: str, day: date) -> Run | None:
        """The run of that day, if there has been one."""
        moment = _moment(day)
        found = self._runs.get_dag_runs(
            pipeline, logical_date_gte=moment, logical_date_lte=moment, limit=1
        ).dag_runs
        return self._seen(pipeline, day, found[0]) if found else None

    def start(self, pipeline: str, day: date) -> Run:
        """Starts the run of a day: a new one, or the one of before once more on the release now served.

        A run that is still going is left alone and followed.

        Raises:
            Refusal: there is no such pipeline.
        """
        if pipeline not in (served := self.pipelines()):
            raise Refusal.because(
                f"no pipeline {pipeline} is served",
                remedy=f"served now: {', '.join(served) or 'none; `./sluice up` ships a release'}",
            )
        before = self.find(pipeline, day)
        if before is None:
            body = TriggerDAGRunPostBody(
                logical_date=_moment(day),
                data_interval_start=_moment(day),
                data_interval_end=_moment(day + timedelta(days=1)),
                dag_run_id=f"sluice__{day:%Y-%m-%d}",
            )
            try:
                return self._seen(pipeline, day, self._runs.trigger_dag_run(pipeline, body))
            except ApiException as error:
                # Someone else started the same day between our question and our order.
                if error.status != 409 or (other := self.find(pipeline, day)) is None:
                    raise
                return other
        if before.over:
            self._runs.clear_dag_run(
                pipeline,
                before.run_id,
                DAGRunClearBody(dry_run=False, only_failed=False, run_on_latest_version=True),
            )
            before.state, before.tasks = "queued", {}
        return before

    def follow(self, runs: list[Run], *, every: float = 0.7) -> Iterator[list[Run]]:
        """Yields the runs, as seen anew, until all of them have ended."""
        while True:
            for run in runs:
                if not run.over:
                    self._refresh(run)
            yield runs
            if all(run.over for run in runs):
                return
            time.sleep(every)

    def summary(self, run: Run) -> dict[str, Any] | None:
        """What the run's last task returned."""
        try:
            entry = self._xcoms.get_xcom_entry(
                run.pipeline, SUMMARY_TASK, run.run_id, "return_value", deserialize=False, stringify=False
            )
        except NotFoundException:
            return None
        value = getattr(entry.actual_instance, "value", None)
        return value if isinstance(value, dict) else None

    def failures(self, run: Run, *, lines: int = 12) -> dict[str, list[str]]:
        """The last log lines of each failed task."""
        found = {}
        for task in self._tasks.get_task_instances(run.pipeline, run.run_id).task_instances:
            if task.state == "failed":
                found[task.task_id] = self._log(run, task.task_id, max(task.try_number, 1))[-lines:]
        return found

    def _log(self, run: Run, task: str, attempt: int) -> list[str]:
        try:
            log = self._tasks.get_log(run.pipeline, run.run_id, task, attempt, full_content=True)
        except ApiException as error:
            return [f"(its log cannot be read: {error.status})"]
        content = log.content.actual_instance
        return [_line(entry) for entry in content or []]

    def _refresh(self, run: Run) -> None:
        try:
            seen = self._runs.get_dag_run(run.pipeline, run.run_id)
            tasks = self._tasks.get_task_instances(run.pipeline, run.run_id).task_instances
        except ApiException as error:
            if error.status and error.status >= 500:
                return
            raise
        states = {task.task_id: str(task.state.value if task.state else "waiting") for task in tasks}
        order = self._order.setdefault(run.pipeline, []) or self._task_order(run.pipeline)
        self._order[run.pipeline] = order
        run.tasks = {name: states[name] for name in order if name in states}
        run.state = str(seen.state.value)
        run.seconds = seen.duration

    def _task_order(self, pipeline: str) -> list[str]:
        """Task names, each after those it waits for."""
        from airflow_client.client import TaskApi

        waits = {
            str(task.task_id): set(task.downstream_task_ids or [])
            for task in TaskApi(self._dags.api_client).get_tasks(pipeline).tasks
        }
        ordered: list[str] = []
        while waits:
            downstream = set().union(*waits.values())
            first = sorted(set(waits) - downstream) or sorted(waits)
            ordered += first
            waits = {name: after for name, after in waits.items() if name not in first}
        return ordered

    @staticmethod
    def _seen(pipeline: str, day: date, response: Any) -> Run:
        return Run(pipeline, day, response.dag_run_id, str(response.state.value), seconds=response.duration)


def days(start: date, end: date) -> list[date]:
    """Every day from `start` to `end`, both included.

    Raises:
        Refusal: the end comes before the start, or the span is over a year.
    """
    if end < start:
        raise Refusal.because(f"--to {end} is before --from {start}", remedy="swap them")
    if (end - start).days > 366:
        raise Refusal.because(
            "more than a year of daily runs at once", remedy="run it in parts", exit_code=Exit.BAD_INPUT
        )
    return [start + timedelta(days=offset) for offset in range((end - start).days + 1)]


def _moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _line(entry: Any) -> str:
    """One line of a structured or plain log."""
    if isinstance(entry, str):
        return entry
    extra = getattr(entry, "additional_properties", {}) or {}
    detail = "; ".join(
        f"{error.get('exc_type')}: {error.get('exc_value')}" for error in extra.get("error_detail") or []
    )
    return f"{entry.event} {detail}".strip()
