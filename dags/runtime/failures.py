"""What happens when a task has failed for good: one structured record, in one queue.

Imported while DAG files are parsed, so whatever is heavy is imported inside the functions.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from environments.manifest import PlatformManifest

log = logging.getLogger(__name__)

_LONGEST_MESSAGE = 2000


def to_dead_letter_queue(context: Mapping[str, Any]) -> None:
    """Airflow's `on_failure_callback`: called when a task has no tries left."""
    from dags.runtime import manifest

    send(manifest.from_orchestrator(), record(context))


def record(context: Mapping[str, Any]) -> dict[str, Any]:
    """The failure record of a task instance."""
    from dags.runtime import release

    ti = context["ti"]
    dag_run = context.get("dag_run")
    error = context.get("exception")
    return {
        "schema_version": 1,
        "kind": "task_failed",
        "pipeline": ti.dag_id,
        "task": ti.task_id,
        "run_id": ti.run_id,
        "try_number": ti.try_number,
        "interval_start": _text(getattr(dag_run, "data_interval_start", None)),
        "interval_end": _text(getattr(dag_run, "data_interval_end", None)),
        "error": type(error).__name__ if isinstance(error, BaseException) else "Unknown",
        "message": str(error)[:_LONGEST_MESSAGE] if error is not None else "the task was killed or timed out",
        "release": release.current().id,
        "failed_at": datetime.now(UTC).isoformat(),
        "log_url": str(getattr(ti, "log_url", "") or ""),
    }


def send(platform: PlatformManifest, failure: dict[str, Any]) -> bool:
    """Sends a failure record once per try of a task, however often it is called; whether it did now.

    The record's object in the errors zone is what makes it once: who creates it, sends. (A callback may be
    called both by the task's own process and, when that is lost, by the scheduler.)
    """
    import boto3

    from dags.runtime.manifest import services_api
    from dags.runtime.names import slug
    from dags.runtime.storage import open_zone
    from environments.manifest import Zone

    services_api(platform)
    errors = open_zone(platform.zones[Zone.ERRORS])
    key = (
        f"failures/{failure['pipeline']}/{slug(failure['run_id'])}/"
        f"{failure['task']}-try-{failure['try_number']}.json"
    )
    body = json.dumps(failure, indent=1, sort_keys=True)
    if not errors.create(key, body.encode()):
        log.info("the failure is already recorded as %s", errors.uri_of(key))
        return False
    try:
        boto3.client("sqs", region_name=platform.region).send_message(
            QueueUrl=platform.events.dead_letter_queue, MessageBody=body
        )
    except Exception:
        # Nobody heard of it: let the next caller try.
        errors.delete(key)
        raise
    return True


def _text(moment: Any) -> str | None:
    return moment.isoformat() if moment is not None else None
