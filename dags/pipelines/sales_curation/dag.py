"""The DAG `sales_curation`. Only wiring: what a task does is in the modules beside this file.

Whatever is heavy is imported inside the tasks, so that this file costs little to parse.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, CronDataIntervalTimetable, ExceptionRetryPolicy, RetryAction, RetryRule, task

from dags.runtime import release
from dags.runtime.failures import to_dead_letter_queue
from dags.runtime.problems import Unrecoverable

# A step's small result: a dict when a task runs, Airflow's reference to it while the DAG is wired.
Result = Any

DOC = """
### Sales of a day, from the commerce API to the star schema

Extracts the transactions that the source changed on the day, a snapshot of the customers and ECB's rates;
keeps them byte for byte; checks the data contract; curates with Spark; merges into the warehouse; builds
`dim_customer`, `dim_date` and `fct_sales`; announces `DataReady`.
Details: `dags/pipelines/sales_curation/README.md` of the release.

**Owner** sales-data. **Safe to repeat**: clear any task or the whole run; a day run twice changes nothing.

**Triage**, by the task that failed:

- `extract`: the source is down or sends garbage (kept in the errors zone). Wait and clear the task, else
  ask the source's owner.
- `replicate`: an object in raw or in its copy is damaged; the message has its URI. Restore its first version.
- `check_contract`: no row meets the contract, or it states what cannot be checked. Look at the quarantined
  rows; correct the contract or the source; ship; clear.
- `curate`: a currency has had no rate for ten days (the message names both), or Spark cannot start.
- `load`: the warehouse was locked for ten minutes. See which run holds it; clear.
- `transform`: a dbt test fails. The message names it; query the warehouse.
- `publish`: the accounts do not balance. Both figures are in the message. Never mark it as success.

Each failed task leaves one record in the dead-letter queue and in the errors zone under `failures/`.
"""

with DAG(
    dag_id="sales_curation",
    description="Daily sales from the commerce API to the star schema",
    doc_md=DOC,
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    # The source's history ends here; without an end, every real day would be an empty run.
    end_date=datetime(2026, 6, 30, tzinfo=UTC),
    catchup=False,
    max_active_runs=4,
    tags=["owner:sales-data", "sales", release.current().tag],
    default_args={
        "owner": "sales-data",
        "retries": 3,
        "retry_delay": timedelta(seconds=5),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=2),
        # What no later try can mend is not tried again.
        "retry_policy": ExceptionRetryPolicy(rules=[RetryRule(Unrecoverable, action=RetryAction.FAIL)]),
        "execution_timeout": timedelta(minutes=30),
        "on_failure_callback": to_dead_letter_queue,
    },
) as dag:

    @task
    def extract(
        run_id: str | None = None, data_interval_start: Any = None, data_interval_end: Any = None
    ) -> dict[str, Any]:
        """Source to raw."""
        from dags.pipelines.sales_curation import extract as step
        from dags.pipelines.sales_curation.interval import of_run
        from dags.runtime import manifest

        return step.extract(
            manifest.from_orchestrator(), of_run(data_interval_start, data_interval_end), str(run_id)
        )

    @task
    def replicate(extracted: Result) -> dict[str, Any]:
        """Raw to the fail-over region."""
        from dags.pipelines.sales_curation import extract as step
        from dags.runtime import manifest

        return step.replicate(manifest.from_orchestrator(), extracted["batch"])

    @task
    def check_contract(extracted: Result, run_id: str | None = None) -> dict[str, Any]:
        """Violating rows to quarantine."""
        from dags.pipelines.sales_curation import check as step
        from dags.runtime import manifest

        return step.check_contract(manifest.from_orchestrator(), extracted["batch"], str(run_id))

    @task
    def curate(extracted: Result, checked: Result, run_id: str | None = None) -> dict[str, Any]:
        """Raw to curated, with Spark."""
        from dags.pipelines.sales_curation import curate as step
        from dags.runtime import manifest

        quarantine = checked["transactions"]["quarantine"]
        return step.curate(manifest.from_orchestrator(), extracted["batch"], quarantine, str(run_id))

    @task
    def load(extracted: Result, run_id: str | None = None) -> dict[str, Any]:
        """Curated to the warehouse."""
        from dags.pipelines.sales_curation import load as step
        from dags.runtime import manifest

        return step.load(manifest.from_orchestrator(), extracted["batch"], str(run_id))

    @task
    def transform() -> dict[str, Any]:
        """The star schema and its tests."""
        from dags.pipelines.sales_curation import load as step
        from dags.runtime import manifest

        return step.transform(manifest.from_orchestrator())

    @task
    def publish(
        extracted: Result,
        replicated: Result,
        checked: Result,
        curated: Result,
        loaded: Result,
        transformed: Result,
        run_id: str | None = None,
    ) -> dict[str, Any]:
        """Accounts, archive, metrics, event."""
        from dags.pipelines.sales_curation import publish as step
        from dags.runtime import manifest

        return step.publish(
            manifest.from_orchestrator(),
            str(run_id),
            extracted=extracted,
            replicated=replicated,
            checked=checked,
            curated=curated,
            loaded=loaded,
            transformed=transformed,
        )

    # One after the other: then a failed run has one failed task, and one failure record.
    extracted = extract()
    replicated = replicate(extracted)
    checked = check_contract(extracted)
    curated = curate(extracted, checked)
    loaded = load(extracted)
    transformed = transform()
    published = publish(extracted, replicated, checked, curated, loaded, transformed)
    replicated >> checked
    curated >> loaded >> transformed >> published
