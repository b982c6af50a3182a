"""Where a checkout keeps what it makes: everything under `.sluice/`, nothing outside.

What is installed (tools, environments, data sets) stays there; what a running platform makes follows
`SLUICE_STATE`, so that a second platform can run beside the first with the same tools.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

INSTALLED = ROOT / ".sluice"
BIN = INSTALLED / "bin"
VENVS = INSTALLED / "venvs"
DATASETS = INSTALLED / "datasets"
SPARK_JARS = INSTALLED / "spark-jars"
AZURITE = INSTALLED / "azurite"

STATE = Path(os.environ.get("SLUICE_STATE", INSTALLED)).absolute()
DATA = STATE / "data"
WAREHOUSE = DATA / "warehouse" / "warehouse.duckdb"
PULUMI = STATE / "pulumi"
AIRFLOW_HOME = STATE / "airflow"
RUN = STATE / "run"
LOGS = STATE / "logs"
SECRETS = STATE / "secrets"

# The addresses of the local services, written by `services/`, read by the local stack.
ENDPOINTS = RUN / "endpoints.json"
# The functions that run here and what they are told, written by the local stack, read by `services/`.
FUNCTIONS = RUN / "functions.json"


def venv_python(group: str) -> Path:
    """The interpreter of one dependency group (`infra`, `runtime`, `scan`)."""
    return VENVS / group / "bin" / "python"
