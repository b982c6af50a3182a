"""The secrets of one checkout's local services: generated once, kept in files only their owner can read."""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from environments import places
from environments.problems import Exit, Location, Refusal

KEYS = places.SECRETS / "services.json"
PASSPHRASE = places.SECRETS / "pulumi-passphrase"
AIRFLOW_PASSWORDS = places.SECRETS / "airflow-passwords.json"
AWS_PROFILE = places.SECRETS / "aws-credentials"
AIRFLOW_USER = "admin"


@dataclass(frozen=True)
class Credentials:
    """What the launchers hand to the services by environment variable. Never printed, never in arguments."""

    access_key_id: str
    secret_access_key: str
    airflow_fernet_key: str
    airflow_jwt_secret: str
    airflow_session_key: str
    airflow_password: str


def ensure() -> Credentials:
    """Reads the checkout's credentials, making them the first time.

    Raises:
        Refusal: the file is damaged.
    """
    if not KEYS.exists():
        _write(KEYS, json.dumps(_generate(), indent=2))
    credentials = load()
    if not PASSPHRASE.exists():
        _write(PASSPHRASE, secrets.token_urlsafe(32))
    # The form that Airflow's SimpleAuthManager and the AWS SDKs read.
    _write(AIRFLOW_PASSWORDS, json.dumps({AIRFLOW_USER: credentials.airflow_password}))
    _write(
        AWS_PROFILE,
        f"[default]\naws_access_key_id = {credentials.access_key_id}\n"
        f"aws_secret_access_key = {credentials.secret_access_key}\n",
    )
    return credentials


def load() -> Credentials:
    """Reads the credentials that `ensure` made."""
    try:
        return Credentials(**json.loads(KEYS.read_text()))
    except FileNotFoundError:
        raise Refusal.because(
            "the local services have never been started in this checkout",
            remedy="run `make up`",
            exit_code=Exit.UNAVAILABLE,
        ) from None
    except (ValueError, TypeError, OSError):
        # The content is not quoted: it may hold keys.
        raise Refusal.because(
            "the file with the local services' keys is damaged",
            where=Location(KEYS),
            remedy="run `make clean`, then `make up`; objects written under the old keys stay readable",
        ) from None


def _generate() -> dict[str, str]:
    return {
        "access_key_id": "SLUICE" + secrets.token_hex(7).upper(),
        "secret_access_key": secrets.token_urlsafe(30),
        "airflow_fernet_key": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "airflow_jwt_secret": secrets.token_urlsafe(48),
        "airflow_session_key": secrets.token_urlsafe(32),
        "airflow_password": secrets.token_urlsafe(18),
    }


def _write(path: Path, content: str) -> None:
    """Writes whole or not at all, readable by the owner only from its first byte."""
    if path.exists() and path.read_text() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
    beside.replace(path)
