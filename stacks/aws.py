"""The platform on AWS: a table of contents; `modules/` says the rest."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
from pulumi import ResourceOptions

from environments.model import Environment
from environments.vocabulary import DataClass
from modules.encryption.aws import AwsEncryption
from modules.encryption.spec import EncryptionSpec
from modules.identity.aws import AwsIdentity
from modules.identity.spec import PIPELINES_RIGHTS, Grants, IdentitySpec
from modules.network.aws import AwsNetwork
from modules.network.spec import NetworkSpec
from modules.secrets.aws import AwsSecrets
from modules.secrets.spec import SecretsSpec
from modules.storage.aws import AwsStorage
from modules.storage.aws_replication import AwsReplicator
from modules.storage.spec import StorageSpec
from stacks.exports import Made, export


def describe(environment: Environment) -> None:
    """Describes the platform to Pulumi."""
    destroy_data = pulumi.Config("sluice").get_bool("destroyData") or False
    # In the account that the environment names and in no other, whatever the shell's credentials say.
    provider = aws.Provider("aws", region=environment.region, allowed_account_ids=[environment.account])
    here = ResourceOptions(providers=[provider])

    pipelines = AwsIdentity("identity", IdentitySpec(environment), here)
    principal = pipelines.outputs.principal
    replicator = AwsReplicator("replication", environment, here)
    keys = AwsEncryption("encryption", EncryptionSpec(environment, users=[principal]), here).outputs
    network = AwsNetwork(
        "network", NetworkSpec(environment, keys.keys.get(environment.data_classification)), here
    ).outputs
    storage = AwsStorage(
        "storage", StorageSpec(environment, destroy_data, keys.keys, keys.failover_keys), replicator, here
    ).outputs
    secrets = AwsSecrets(
        "secrets",
        SecretsSpec(environment, keys.keys[DataClass.RESTRICTED], destroy_data, readers=[principal]),
        here,
    ).outputs
    pipelines.grant(Grants(PIPELINES_RIGHTS, storage.grantable, secrets.grantable, keys.grantable))

    export(environment, Made(network, keys, storage, secrets, pipelines.outputs))
