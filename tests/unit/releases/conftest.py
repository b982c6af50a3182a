"""An Airflow that answers what a test tells it to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scripted_airflow import Scripted, scripted_airflow


@pytest.fixture
def airflow() -> Iterator[Scripted]:
    with scripted_airflow() as scripted:
        yield scripted
