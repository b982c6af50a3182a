"""Airflow on Cloud Composer: Composer's API says where it is, and Airflow is then asked itself.

Credentials come from Google's application default chain.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from environments.problems import Exit, Refusal
from releases.airflow_api import AirflowDown

if TYPE_CHECKING:
    from airflow_client.client import ApiClient

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
# Where gcloud looks for another address of the service, as private connectivity needs it.
ENDPOINT = "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPOSER"
ANSWERING = frozenset({"RUNNING", "UPDATING"})


@dataclass(frozen=True)
class ComposerEnvironment:
    """What Composer says of an environment."""

    state: str
    airflow_uri: str
    bucket: str
    """The environment's own bucket, from which it reads `dags/` and `plugins/`; without a scheme."""
    image: str


@dataclass(frozen=True)
class ComposerAccess:
    """The Airflow of a Composer environment."""

    project: str
    location: str
    environment: str
    bundle: str | None = "releases"
    timeout: float = 600.0

    @property
    def url(self) -> str:
        """How messages call it."""
        return f"Composer environment {self.name}"

    @property
    def name(self) -> str:
        """Its full name in Google's API."""
        return f"projects/{self.project}/locations/{self.location}/environments/{self.environment}"

    def connect(self) -> ApiClient:
        """See Access."""
        from airflow_client.client import ApiClient, Configuration

        told = self.describe()
        if told.state not in ANSWERING:
            raise AirflowDown(f"{self.url} is {told.state}")
        return ApiClient(Configuration(host=told.airflow_uri.rstrip("/"), access_token=_token()))

    def describe(self) -> ComposerEnvironment:
        """Asks Composer.

        Raises:
            Refusal: it is not there, or the caller may not see it.
        """
        from google.api_core.exceptions import GoogleAPIError

        try:
            found = _service().get_environment({"name": self.name})
        except GoogleAPIError as error:
            raise self._silent(error) from None
        return ComposerEnvironment(
            state=found.state.name,
            airflow_uri=found.config.airflow_uri,
            bucket=found.config.dag_gcs_prefix.removeprefix("gs://").partition("/")[0],
            image=found.config.software_config.image_version,
        )

    def operations(self) -> list[tuple[str, str]]:
        """Changes to the environment that have not ended: kind and name, such as an UPDATE.

        Raises:
            Refusal: Composer does not say.
        """
        from google.api_core.exceptions import GoogleAPIError
        from google.cloud.orchestration.airflow.service_v1.types import OperationMetadata

        parent = self.name.rpartition("/environments/")[0]
        try:
            listed = _service().list_operations({"name": parent, "filter": "done=false"}).operations
        except GoogleAPIError as error:
            raise self._silent(error) from None
        running = []
        for operation in listed:
            metadata = OperationMetadata.deserialize(operation.metadata.value)
            if not operation.done and metadata.resource == self.name:
                running.append((metadata.operation_type.name, operation.name))
        return running

    def _silent(self, error: Exception) -> Refusal:
        return Refusal.because(
            f"Composer does not tell of {self.name}: {error}",
            remedy="check the project, location and rights (composer.environments.get) of your credentials",
            exit_code=Exit.UNAVAILABLE,
        )


def _service() -> Any:
    from google.auth.exceptions import GoogleAuthError
    from google.cloud.orchestration.airflow.service_v1 import EnvironmentsClient

    options = {"api_endpoint": os.environ[ENDPOINT]} if ENDPOINT in os.environ else None
    try:
        return EnvironmentsClient(client_options=options, transport="rest")
    except GoogleAuthError as error:
        raise _no_credentials(error) from None


def _token() -> str:
    import google.auth
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import Request

    try:
        credentials, _ = google.auth.default(scopes=[_SCOPE])
        credentials.refresh(Request())  # type: ignore[no-untyped-call]
    except GoogleAuthError as error:
        raise _no_credentials(error) from None
    return str(credentials.token)


def _no_credentials(error: Exception) -> Refusal:
    return Refusal.because(
        f"there are no Google credentials that work: {error}",
        remedy="run `gcloud auth application-default login`, or let CI hand over a workload identity",
        exit_code=Exit.UNAVAILABLE,
    )
