"""The platform on AWS: a table of contents; `modules/` says the rest."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
from pulumi import ResourceOptions

from environments.model import Environment
from environments.naming import role_boundary
from environments.vocabulary import DataClass
from modules.encryption.aws import AwsEncryption
from modules.encryption.spec import EncryptionSpec
from modules.identity.aws import AwsIdentity, copy_key_users, key_users
from modules.identity.aws_trust import TRUST, role_arn
from modules.identity.spec import Grants, IdentitySpec, of_sources
from modules.identity.workloads import BACKUP, RESTORE, WORKLOADS
from modules.network.aws import AwsNetwork
from modules.network.spec import NetworkSpec
from modules.secrets.aws import AwsSecrets
from modules.secrets.spec import SecretsSpec
from modules.storage.aws import AwsStorage
from modules.storage.spec import StorageSpec
from stacks.exports import Made, export


def describe(environment: Environment) -> None:
    """Describes the platform to Pulumi."""
    destroy_data = pulumi.Config("sluice").get_bool("destroyData") or False
    # In the account that the environment names and in no other, whatever the shell's credentials say.
    provider = aws.Provider("aws", region=environment.region, allowed_account_ids=[environment.account])
    here = ResourceOptions(providers=[provider])

    workloads = {
        item: AwsIdentity(f"identity-{item.name}", IdentitySpec(environment, item), TRUST[item.name], here)
        for item in WORKLOADS
    }
    encryption = EncryptionSpec(
        environment,
        users=key_users(environment, WORKLOADS),
        copy_users=copy_key_users(environment, WORKLOADS),
        keepers=[role_arn(environment, item.name) for item in (BACKUP, RESTORE)],
    )
    keys = AwsEncryption("encryption", encryption, here).outputs
    network = AwsNetwork(
        "network",
        NetworkSpec(environment, keys.keys.get(environment.data_classification), role_boundary(environment)),
        here,
    ).outputs
    storage = AwsStorage("storage", StorageSpec(environment, destroy_data, keys.keys), here).outputs
    readers = [made.outputs.principal for item, made in workloads.items() if item.reads_sources]
    secrets = AwsSecrets(
        "secrets",
        SecretsSpec(environment, keys.keys[DataClass.RESTRICTED], destroy_data, readers=readers),
        here,
    ).outputs
    for item, made in workloads.items():
        made.grant(
            Grants(
                zones=storage.grantable,
                secrets=of_sources(environment, secrets.grantable) if item.reads_sources else {},
                keys=keys.grantable,
                copy_keys=keys.failover_keys,
            )
        )

    identities = {item.name: made.outputs for item, made in workloads.items()}
    export(environment, Made(network, keys, storage, secrets, identities))
