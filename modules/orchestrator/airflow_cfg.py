"""What the local Airflow's `airflow.cfg` says. Secret keys come by environment from its launcher."""

from __future__ import annotations

import configparser
import io
import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_HEAD = """\
# Written by the local Pulumi stack (modules/orchestrator); changes made here are healed by the next `up`.
# Secret keys are not here: the launcher hands them over by environment.
"""
# A new release is looked for this often.
_REFRESH_SECONDS = 5


@dataclass(frozen=True)
class AirflowSettings:
    """What differs from one local platform to another."""

    home: Path
    logs: Path
    url: str
    parallelism: int
    releases: str
    platform_manifest: str


def render(settings: AirflowSettings) -> str:
    """The file's content; the same settings always give the same bytes."""
    parser = configparser.ConfigParser(interpolation=None)
    # Airflow interpolates, so a percent sign is written twice.
    parser.read_dict(
        {
            section: {key: str(value).replace("%", "%%") for key, value in options.items()}
            for section, options in _options(settings).items()
        }
    )
    text = io.StringIO()
    parser.write(text)
    return _HEAD + text.getvalue()


def _options(settings: AirflowSettings) -> dict[str, dict[str, str | int | float | Path]]:
    address = urlsplit(settings.url)
    return {
        "core": {
            "executor": "LocalExecutor",
            "parallelism": settings.parallelism,
            "load_examples": False,
            # Whoever ships a pipeline wants it to run; on a laptop nobody is there to switch it on.
            "dags_are_paused_at_creation": False,
            "dags_folder": settings.home / "dags",
            "plugins_folder": settings.home / "plugins",
            "simple_auth_manager_users": "admin:admin",
            "min_serialized_dag_update_interval": 1,
            "hostname_callable": "socket.gethostname",
        },
        "database": {"sql_alchemy_conn": f"sqlite:///{settings.home / 'airflow.db'}"},
        "logging": {
            "base_log_folder": settings.logs,
            "dag_processor_child_process_log_directory": settings.logs / "dag_processor",
            "remote_logging": False,
            "colored_console_log": False,
        },
        "api": {
            "host": address.hostname or "127.0.0.1",
            "port": address.port or 8080,
            "base_url": settings.url,
            # One worker holds the UI, the API and four tasks; each more costs 300 MB.
            "workers": 1,
            "expose_config": False,
            "instance_name": "Sluice (local)",
        },
        "dag_processor": {
            "dag_bundle_storage_path": settings.home / "bundles",
            "dag_bundle_config_list": json.dumps([_bundle(settings)]),
            "refresh_interval": _REFRESH_SECONDS,
            "bundle_refresh_check_interval": 2,
            "min_file_process_interval": 10,
            "parsing_processes": 1,
            "print_stats_interval": 0,
        },
        "scheduler": {
            "catchup_by_default": False,
            "scheduler_idle_sleep_time": 0.5,
            "parsing_cleanup_interval": 10,
            # A task that died with its scheduler is tried again after half a minute, not after five.
            "scheduler_health_check_threshold": 20,
            "orphaned_tasks_check_interval": 15,
            "task_instance_heartbeat_sec": 5,
            "task_instance_heartbeat_timeout": 30,
        },
        # Nothing leaves this machine.
        "metrics": {"statsd_on": False, "otel_on": False},
        "traces": {"otel_on": False},
        "sluice": {"platform_manifest": settings.platform_manifest},
    }


def _bundle(settings: AirflowSettings) -> dict[str, object]:
    return {
        "name": "releases",
        "classpath": "sluice_bundle.ReleaseDagBundle",
        "kwargs": {"releases": settings.releases, "refresh_interval": _REFRESH_SECONDS},
    }
