"""A few trials of each sort of fault on a real S3 server; `python -m tests.bench faults` makes all of them.

A reader, which is Airflow's own bundle in its own process, polls throughout.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import plan
from tests.object_servers import S3

pytestmark = pytest.mark.slow


def test_a_reader_sees_whole_releases_only_and_the_next_ship_succeeds_whatever_breaks(
    s3_server: S3, tmp_path: Path
) -> None:
    said: list[str] = []
    rows = plan.run(s3_server, tmp_path, plan.quick, said.append)
    assert [problem for row in rows.values() for problem in row.problems] == [], "\n".join(said)
    assert sum(row.trials for row in rows.values()) == len(plan.quick(20, 20))
    assert rows["shipper: kill_after"].ended == {"killed": 1}, "a killed shipper says nothing"
