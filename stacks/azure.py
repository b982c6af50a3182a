"""The platform on Azure: a table of contents; `modules/` says the rest."""

from __future__ import annotations

import pulumi_azure_native as azure
from pulumi import ResourceOptions

from environments.model import Environment
from environments.naming import physical_name, tags
from environments.vocabulary import DataClass
from modules.azure_place import Place
from modules.encryption.azure import AzureEncryption
from modules.encryption.spec import EncryptionSpec
from modules.identity.azure import AzureIdentity
from modules.identity.spec import Grants, IdentitySpec
from modules.identity.workloads import PIPELINES
from modules.network.azure import AzureNetwork
from modules.network.spec import NetworkSpec
from modules.observability.azure import AzureObservability
from modules.secrets.azure import AzureSecrets
from modules.secrets.spec import SecretsSpec
from modules.storage.azure import AzureStorage
from modules.storage.spec import StorageSpec
from stacks.exports import Made, export


def describe(environment: Environment) -> None:
    """Describes the platform to Pulumi."""
    provider = azure.Provider(
        "azure-native", subscription_id=environment.account, location=environment.region
    )
    here = ResourceOptions(providers=[provider])
    group = azure.resources.ResourceGroup(
        "platform",
        resource_group_name=physical_name(environment, "platform"),
        location=environment.region,
        tags=tags(environment),
        opts=ResourceOptions(provider=provider, protect=environment.protect_data),
    )

    records = AzureObservability("observability", environment, group.name, here).outputs
    place = Place(group=group.name, audit_log=records.audit_log)
    pipelines = AzureIdentity("identity", IdentitySpec(environment, PIPELINES), group, here)
    encryption = AzureEncryption("encryption", EncryptionSpec(environment), place, here)
    keys, vault = encryption.outputs, encryption.vault
    log_key = keys.keys.get(environment.data_classification)
    network = AzureNetwork("network", NetworkSpec(environment, log_key), place, vault, here)
    storage = AzureStorage(
        "storage", StorageSpec(environment, keys=keys.keys), place, vault, network.link, here
    ).outputs
    secrets = AzureSecrets(
        "secrets", SecretsSpec(environment, keys.keys[DataClass.RESTRICTED]), place, network.link, here
    ).outputs
    pipelines.grant(Grants(storage.grantable, secrets.grantable, keys=keys.grantable))

    export(environment, Made(network.outputs, keys, storage, secrets, {PIPELINES.name: pipelines.outputs}))
