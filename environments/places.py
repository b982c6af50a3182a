"""Where a checkout keeps what it makes: everything under `.sluice/`, nothing outside."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".sluice"

BIN = STATE / "bin"
VENVS = STATE / "venvs"
DATASETS = STATE / "datasets"
SPARK_JARS = STATE / "spark-jars"
DATA = STATE / "data"
WAREHOUSE = DATA / "warehouse" / "warehouse.duckdb"
PULUMI = STATE / "pulumi"
AIRFLOW_HOME = STATE / "airflow"
RUN = STATE / "run"
LOGS = STATE / "logs"
SECRETS = STATE / "secrets"

# The addresses of the local services, written by `services/`, read by the local stack.
ENDPOINTS = RUN / "endpoints.json"


def venv_python(group: str) -> Path:
    """The interpreter of one dependency group (`infra`, `runtime`, `scan`)."""
    return VENVS / group / "bin" / "python"
