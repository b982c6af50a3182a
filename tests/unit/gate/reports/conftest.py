from pathlib import Path

import pytest

from policies.gate.report import GateReport
from tests.unit.gate.reports.sample_reports import sample


@pytest.fixture
def report(tmp_path: Path) -> GateReport:
    return sample(tmp_path)
