"""The one Spark session of the tests that need one: a JVM takes seconds to start."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SUBMIT = (
    "--master local[2] --conf spark.ui.enabled=false --conf spark.sql.shuffle.partitions=2 "
    "--conf spark.driver.bindAddress=127.0.0.1 --conf spark.driver.host=127.0.0.1 "
    "--conf 'spark.driver.extraJavaOptions=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' pyspark-shell"
)


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """A session with what the jobs fix, on this machine's disk."""
    # Only here: the other tests in this folder do without it.
    from spark.session import session

    os.environ["PYSPARK_SUBMIT_ARGS"] = SUBMIT
    made = session("tests")
    made.sparkContext.setLogLevel("OFF")
    yield made
    made.stop()
