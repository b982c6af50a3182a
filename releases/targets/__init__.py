"""Where the releases of an environment go, and the Airflow that serves them there."""

from __future__ import annotations

from dataclasses import dataclass

from environments.load import load
from environments.manifest import Zone
from environments.model import Environment
from environments.naming import physical_name
from environments.vocabulary import Cloud, OrchestratorKind
from releases.airflow_api import Access
from releases.targets.composer import ComposerAccess
from releases.targets.mwaa import MwaaAccess

# Azure's storage accounts are named with letters and digits only.
_ACCOUNT_LIMIT = 24
# The part of the platform's names that says "Airflow".
ORCHESTRATOR = "orchestrator"


@dataclass(frozen=True)
class Target:
    """An environment as a shipper sees it."""

    environment: Environment
    store: str
    """URI of the store: the releases zone."""
    airflow: Access | None
    """None where the environment's Airflow has no API that is known of."""

    @property
    def name(self) -> str:
        """The environment's."""
        return self.environment.name


def find(name: str) -> Target:
    """The target of that name. Nothing is asked over the network.

    Raises:
        Refusal: there is no such environment, or `local` has never been started.
    """
    environment = load(name)
    if environment.cloud is Cloud.LOCAL:
        from releases.targets import local

        return Target(environment, store_uri(environment), local.access())
    return Target(environment, store_uri(environment), _access(environment))


def store_uri(environment: Environment) -> str:
    """URI of the releases zone, by the rule that the platform's stack names it with."""
    if environment.cloud is Cloud.AZURE:
        account = physical_name(environment, Zone.RELEASES, limit=_ACCOUNT_LIMIT, separator="")
        return f"abfss://{Zone.RELEASES}@{account}.dfs.core.windows.net"
    scheme = "gs" if environment.cloud is Cloud.GCP else "s3"
    return f"{scheme}://{physical_name(environment, Zone.RELEASES)}"


def _access(environment: Environment) -> Access | None:
    name = physical_name(environment, ORCHESTRATOR)
    match environment.orchestrator.kind:
        case OrchestratorKind.MWAA:
            return MwaaAccess(name, environment.region)
        case OrchestratorKind.COMPOSER:
            return ComposerAccess(environment.account, environment.region, name)
        case _:
            return None
