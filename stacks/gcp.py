"""The platform on GCP: a table of contents; `modules/` says the rest."""

from __future__ import annotations

import pulumi
import pulumi_gcp as gcp
from pulumi import ResourceOptions

from environments.model import Environment
from environments.vocabulary import DataClass
from modules.encryption.gcp import GcpEncryption
from modules.encryption.spec import EncryptionSpec
from modules.identity.gcp import GcpIdentity
from modules.identity.spec import Grants, IdentitySpec, of_sources
from modules.identity.workloads import PIPELINES
from modules.network.gcp import GcpNetwork
from modules.network.spec import NetworkSpec
from modules.secrets.gcp import GcpSecrets
from modules.secrets.spec import SecretsSpec
from modules.storage.gcp import GcpStorage
from modules.storage.spec import StorageSpec
from stacks.exports import Made, export


def describe(environment: Environment) -> None:
    """Describes the platform to Pulumi."""
    destroy_data = pulumi.Config("sluice").get_bool("destroyData") or False
    provider = gcp.Provider("gcp", project=environment.account, region=environment.region)
    here = ResourceOptions(providers=[provider])

    pipelines = GcpIdentity("identity", IdentitySpec(environment, PIPELINES), here)
    encryption = GcpEncryption("encryption", EncryptionSpec(environment), here)
    keys = encryption.outputs
    network = GcpNetwork("network", NetworkSpec(environment), here).outputs
    storage = GcpStorage("storage", StorageSpec(environment, destroy_data, keys.keys), here).outputs
    secrets = GcpSecrets(
        "secrets",
        SecretsSpec(environment, keys.keys[DataClass.RESTRICTED], destroy_data),
        encryption.secrets_agent,
        here,
    ).outputs
    pipelines.grant(
        Grants(storage.grantable, of_sources(environment, secrets.grantable), keys=keys.grantable)
    )

    export(environment, Made(network, keys, storage, secrets, {PIPELINES.name: pipelines.outputs}))
