"""A schedule says when; what changed in Airflow until then goes to the archive zone."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from modules.functions.handlers.metadata_export import export, release
from modules.functions.handlers.metadata_export.airflow import Airflow
from modules.functions.handlers.metadata_export.archive import Archive
from modules.functions.runtime import settings
from modules.functions.runtime.fields import Fields
from modules.functions.runtime.problems import Rejected

log = logging.getLogger(__name__)

# How far the schedule's clock may be ahead of ours. A watermark in the future would end all exports.
_TOLERANCE = timedelta(minutes=1)


def handler(event: Any, context: object) -> dict[str, Any]:
    """Exports once; the same event again changes nothing.

    Raises:
        Rejected: the event names no moment, or one to come.
        NotSetUp: the function's environment, or the archive's watermark, is wrong.
        AirflowRefused: Airflow does not answer as it should; to be tried again.
        ClientError: storage does not take it now; to be tried again.
    """
    fields = Fields("schedule", event)
    moment = fields.moment("scheduled_at")
    fields.check()
    if moment > datetime.now(UTC) + _TOLERANCE:
        raise Rejected("schedule: scheduled_at is in the future")
    done = export.run(
        Airflow(settings.required("AIRFLOW_ENVIRONMENT")),
        Archive(settings.zone("archive"), settings.required("ARCHIVE_PREFIX")),
        release.current(settings.zone("releases")),
        moment,
    )
    log.info("exported" if done.new else "was exported before", extra=done.counts)
    return {"until": moment.isoformat(), "new": done.new, **done.counts}
