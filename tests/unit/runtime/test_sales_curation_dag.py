"""The DAG as Airflow's DAG processor sees it."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dags.runtime import failures, release
from dags.runtime.problems import ContractError, PipelineProblem, Unrecoverable

pytestmark = pytest.mark.runtime

PIPELINES = Path(__file__).resolve().parents[3] / "dags" / "pipelines"


@pytest.fixture(scope="module")
def dags(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Every DAG of every `dag.py`, each of which must import."""
    import importlib

    found = {}
    for file in sorted(PIPELINES.glob("*/dag.py")):
        module = importlib.import_module(f"dags.pipelines.{file.parent.name}.dag")
        found[file.parent.name] = module.dag
    assert found
    return found


def test_every_dag_is_called_as_its_folder_and_has_owner_docs_and_release(dags: dict[str, Any]) -> None:
    for folder, dag in dags.items():
        assert dag.dag_id == folder
        assert "Triage" in dag.doc_md and "Safe to repeat" in dag.doc_md
        assert release.current().tag in dag.tags
        assert any(tag.startswith("owner:") for tag in dag.tags)
        assert (PIPELINES / folder / "README.md").is_file()


def test_every_task_retries_with_backoff_and_reports_its_failure(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        for task in dag.tasks:
            assert task.owner != "airflow"
            assert task.retries == 3
            assert task.retry_exponential_backoff == 2.0
            assert timedelta(0) < task.retry_delay <= timedelta(seconds=10)
            assert task.max_retry_delay == timedelta(minutes=2)
            assert list(task.on_failure_callback) == [failures.to_dead_letter_queue]
            assert task.execution_timeout is not None


def test_no_dag_has_a_cycle_and_sales_curation_goes_step_by_step(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        dag.check_cycle()
    order = ["extract", "replicate", "check_contract", "curate", "load", "transform", "publish"]
    dag = dags["sales_curation"]
    assert sorted(dag.task_ids) == sorted(order)
    for before, after in itertools.pairwise(order):
        assert after in dag.get_task(before).downstream_task_ids


def test_sales_curation_is_daily_backfillable_and_catches_nothing_up(dags: dict[str, Any]) -> None:
    dag = dags["sales_curation"]
    assert not dag.catchup
    assert dag.max_active_runs == 4
    assert dag.start_date == datetime(2025, 1, 1, tzinfo=UTC)
    assert dag.timetable.expression == "0 0 * * *"


def test_what_no_later_try_can_mend_is_not_tried_again(dags: dict[str, Any]) -> None:
    from airflow.sdk import RetryAction

    policy = dags["sales_curation"].get_task("extract").retry_policy
    for problem in (Unrecoverable("x"), ContractError("x")):
        assert policy.evaluate(problem, 1, 3).action is RetryAction.FAIL
    assert policy.evaluate(PipelineProblem("x"), 1, 3).action is not RetryAction.FAIL


def test_dag_files_import_nothing_heavy_at_their_top() -> None:
    for file in PIPELINES.glob("*/dag.py"):
        imported = set(re.findall(r"^(?:from|import) ([\w.]+)", file.read_text(), flags=re.MULTILINE))
        allowed = {"airflow.sdk", "dags.runtime", "dags.runtime.failures", "dags.runtime.problems"}
        assert imported - allowed <= {"__future__", "datetime", "typing"}, file
