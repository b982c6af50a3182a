"""The addresses of the local services, as the local stack needs them."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from environments import places
from environments.problems import Exit, Location, Refusal


class LocalEndpoints(BaseModel):
    """Base URLs (scheme, host, port; no trailing slash) of what runs on this machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    object_storage: str
    """versitygw: the S3 API."""
    aws: str
    """moto: every other AWS API."""
    airflow: str
    """Airflow's API server."""
    source: str
    """The source sandbox."""

    @classmethod
    def load(cls, path: Path = places.ENDPOINTS) -> LocalEndpoints:
        """Reads what `sluice up` remembered.

        Raises:
            Refusal: the file is missing or damaged.
        """
        try:
            return cls.model_validate_json(path.read_text())
        except FileNotFoundError:
            raise Refusal.because(
                "the local services have never been started in this checkout",
                where=Location(path),
                remedy="run `make up`, or `./sluice up`",
                exit_code=Exit.UNAVAILABLE,
            ) from None
        except (ValidationError, OSError) as error:
            raise Refusal.because(
                f"cannot read the addresses of the local services: {error}",
                where=Location(path),
                remedy="delete the file and run `./sluice up` again",
            ) from None
