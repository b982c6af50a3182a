"""The Airflow of this machine."""

from __future__ import annotations

import os

from environments.endpoints import LocalEndpoints
from releases.airflow_api import AirflowAccess
from services import credentials
from services.credentials import AIRFLOW_USER
from services.processes import aws_environment


def access() -> AirflowAccess:
    """How to get at it. Puts the store's address and keys where the storage library looks for them, as on
    every cloud: into the process's environment.

    Raises:
        Refusal: the platform has never been started in this checkout.
    """
    keys, at = credentials.load(), LocalEndpoints.load()
    os.environ.update(aws_environment(keys, at))
    return AirflowAccess(at.airflow, AIRFLOW_USER, keys.airflow_password)
