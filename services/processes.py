"""The processes of the local platform: what each one runs, with which environment, and when it is ready."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse

from environments import places
from environments.endpoints import LocalEndpoints
from services.credentials import AIRFLOW_PASSWORDS, Credentials

REGION = "eu-west-1"
# Set on every process that we start, so that one which has lost its supervisor can still be found.
CHECKOUT_MARK = "SLUICE_PLATFORM"
SERVICE_MARK = "SLUICE_SERVICE"

# Where the functions' processes give signs of life.
PULSES = places.RUN / "functions"

RUNTIME_BIN = places.VENVS / "runtime" / "bin"
AIRFLOW = str(RUNTIME_BIN / "airflow")


@dataclass(frozen=True)
class Service:
    """One supervised process. `endpoint` names its field of `LocalEndpoints`, where it listens at all."""

    name: str
    title: str
    command: Callable[[LocalEndpoints], list[str]]
    environment: Callable[[Credentials, LocalEndpoints], dict[str, str]]
    folder: Path
    """Its working directory."""
    endpoint: str | None = None
    ready_path: str = "/"
    pulses: Path | None = None
    """Where its processes give signs of life, where it listens nowhere but does so."""
    makes: tuple[Path, ...] = ()
    """Folders that must be there before it starts."""
    after_stack: bool = False
    """Started once the stack is applied, because the stack configures it."""


def port(url: str) -> str:
    """The port of a base URL."""
    return str(urlparse(url).port)


def aws_environment(keys: Credentials, at: LocalEndpoints) -> dict[str, str]:
    """What makes every AWS SDK's default chain talk to the local services."""
    return {**aws_endpoints(at), "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key}  # fmt: skip


def aws_endpoints(at: LocalEndpoints) -> dict[str, str]:
    """The part of `aws_environment` that is no secret."""
    return {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL_S3": at.object_storage,
        "AWS_ENDPOINT_URL": at.aws,
        "AWS_ALLOW_HTTP": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
    }


def airflow_environment(keys: Credentials, at: LocalEndpoints) -> dict[str, str]:
    """Airflow's secrets and places; all other settings are the stack's, in `airflow.cfg`."""
    return {
        **aws_environment(keys, at),
        "AIRFLOW_HOME": str(places.AIRFLOW_HOME),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{places.AIRFLOW_HOME / 'airflow.db'}",
        "AIRFLOW__CORE__FERNET_KEY": keys.airflow_fernet_key,
        "AIRFLOW__API_AUTH__JWT_SECRET": keys.airflow_jwt_secret,
        "AIRFLOW__API__SECRET_KEY": keys.airflow_session_key,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(AIRFLOW_PASSWORDS),
        "PATH": os.pathsep.join([str(RUNTIME_BIN), os.environ.get("PATH", os.defpath)]),
        "PYSPARK_PYTHON": str(places.venv_python("runtime")),
        "PYTHONDONTWRITEBYTECODE": "",
    }


def _object_storage(at: LocalEndpoints) -> list[str]:
    return [
        str(places.BIN / "versitygw") if (places.BIN / "versitygw").exists() else "versitygw",
        "--port", f"127.0.0.1:{port(at.object_storage)}", "--region", REGION, "--quiet",
        "--health", "/health",
        "posix", "--versioning-dir", str(places.DATA / "versions"), str(places.DATA / "objects"),
    ]  # fmt: skip


def _source(at: LocalEndpoints) -> list[str]:
    # Only the fault tests ask for the control endpoint.
    control = ["--control"] if os.environ.get("SLUICE_SOURCE_CONTROL") else []
    return [sys.executable, "-m", "services.sandbox", "--port", port(at.source), *control]


SERVICES = (
    Service(
        "object-storage",
        "object storage (versitygw)",
        _object_storage,
        lambda keys, at: {
            "ROOT_ACCESS_KEY_ID": keys.access_key_id,
            "ROOT_SECRET_ACCESS_KEY": keys.secret_access_key,
        },
        places.DATA,
        endpoint="object_storage",
        ready_path="/health",
        makes=(places.DATA / "objects", places.DATA / "versions"),
    ),
    Service(
        "aws",
        "keys, secrets, queues, events, catalogue (moto)",
        lambda at: [
            str(Path(sys.executable).with_name("moto_server")),
            "-H",
            "127.0.0.1",
            "-p",
            port(at.aws),
        ],
        lambda keys, at: {},
        places.DATA,
        endpoint="aws",
        ready_path="/moto-api/",
    ),
    Service(
        "source",
        "source sandbox (sales API, ECB rates)",
        _source,
        aws_environment,
        places.ROOT,
        endpoint="source",
        ready_path="/healthz",
    ),
    Service(
        "functions",
        "event functions",
        lambda at: [sys.executable, "-m", "services.run_functions"],
        aws_environment,
        places.ROOT,
        pulses=PULSES,
        after_stack=True,
    ),
    Service(
        "airflow-api",
        "Airflow API server",
        lambda at: [AIRFLOW, "api-server"],
        airflow_environment,
        places.AIRFLOW_HOME,
        endpoint="airflow",
        ready_path="/api/v2/version",
        after_stack=True,
    ),
    Service(
        "airflow-scheduler",
        "Airflow scheduler",
        lambda at: [AIRFLOW, "scheduler", "--skip-serve-logs"],
        airflow_environment,
        places.AIRFLOW_HOME,
        after_stack=True,
    ),
    Service(
        "airflow-dag-processor",
        "Airflow DAG processor",
        lambda at: [AIRFLOW, "dag-processor"],
        airflow_environment,
        places.AIRFLOW_HOME,
        after_stack=True,
    ),
)

BY_NAME = {service.name: service for service in SERVICES}
