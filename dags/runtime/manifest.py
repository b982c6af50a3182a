"""The platform manifest, as the orchestrator's configuration points to it."""

from __future__ import annotations

from typing import Literal

import obstore
from obstore.store import from_url
from pydantic import ValidationError

from dags.runtime.problems import PipelineProblem, Unrecoverable
from environments.manifest import PlatformManifest

__all__ = ["PlatformManifest", "from_orchestrator", "load", "services_api"]


def from_orchestrator() -> PlatformManifest:
    """Loads the manifest that Airflow's option `[sluice] platform_manifest` names."""
    # Imported here: everything else in the runtime works without Airflow.
    from airflow.sdk import conf

    uri = conf.get("sluice", "platform_manifest", fallback=None)
    if not uri:
        raise Unrecoverable(
            "Airflow does not know where the platform manifest is",
            where="airflow.cfg, option [sluice] platform_manifest",
            remedy="set it to the URI of platform/manifest.json, or run `./sluice up` again",
        )
    return load(uri)


def load(uri: str) -> PlatformManifest:
    """Loads and checks a platform manifest by its URI.

    Raises:
        PipelineProblem: it is not there (yet).
        Unrecoverable: it is not a manifest that this release understands.
    """
    folder, _, name = uri.rpartition("/")
    try:
        body = bytes(obstore.get(from_url(folder), name).bytes())
    except FileNotFoundError:
        raise PipelineProblem(
            "there is no platform manifest", where=uri, remedy="apply the platform's stack: `./sluice up`"
        ) from None
    try:
        return PlatformManifest.model_validate_json(body)
    except ValidationError as error:
        raise Unrecoverable(
            f"this release does not understand the platform manifest: {error}",
            where=uri,
            remedy="ship a release that matches the platform, or apply the platform's stack again",
        ) from None


def services_api(manifest: PlatformManifest) -> Literal["aws"]:
    """Whose API the platform's secrets, queues and events speak.

    Raises:
        Unrecoverable: none that this release has an adapter for.
    """
    if manifest.cloud in ("aws", "local"):
        return "aws"
    raise Unrecoverable(
        f"no adapter for the secrets, queues and events of cloud {manifest.cloud!r}",
        where="dags/runtime/manifest.py",
        remedy="use an environment of cloud aws or local",
    )
