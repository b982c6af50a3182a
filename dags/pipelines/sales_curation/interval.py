"""The days that a run is about."""

from __future__ import annotations

from datetime import UTC, datetime

from dags.runtime.batches import Interval
from dags.runtime.problems import Unrecoverable


def of_run(start: datetime | None, end: datetime | None) -> Interval:
    """The interval of a run, from Airflow's data interval.

    Raises:
        Unrecoverable: the run has none, or not one of whole days.
    """
    if start is None or end is None:
        raise Unrecoverable(
            "the run has no data interval",
            where="sales_curation",
            remedy="give it one, as `./sluice run sales_curation --date YYYY-MM-DD` does",
        )
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    midnight = (0, 0, 0, 0)
    if any((m.hour, m.minute, m.second, m.microsecond) != midnight for m in (start, end)) or start >= end:
        raise Unrecoverable(
            f"the run's data interval {start} to {end} is not one of whole days, UTC",
            where="sales_curation",
            remedy="trigger it with `./sluice run sales_curation --date YYYY-MM-DD`",
        )
    return Interval(start=start.date(), end=end.date())
