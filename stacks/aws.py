"""The platform on AWS: a table of contents; `modules/` says the rest."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
from pulumi import ResourceOptions

from environments.model import Environment
from environments.naming import physical_name, role_boundary
from environments.vocabulary import DataClass, SubnetTier
from modules.backup.aws import AwsBackup
from modules.backup.aws_metadata import AwsMetadata, MetadataSpec
from modules.backup.aws_reports import PREFIX as BACKUP_REPORTS
from modules.backup.aws_reports import AwsReporter
from modules.backup.spec import BackupSpec
from modules.encryption.aws import AwsEncryption
from modules.encryption.spec import EncryptionSpec
from modules.functions.aws_function import Place
from modules.identity.aws import AwsIdentity, copy_key_users, key_users
from modules.identity.aws_trust import TRUST, role_arn
from modules.identity.spec import Grants, IdentitySpec, of_sources
from modules.identity.workloads import (
    BACKUP,
    METADATA_EXPORT,
    METADATA_SCHEDULE,
    REPLICATION,
    RESTORE,
    SECRET_ROTATION,
    WORKLOADS,
)
from modules.network.aws import AwsNetwork
from modules.network.spec import NetworkSpec
from modules.secrets.aws import AwsSecrets
from modules.secrets.aws_rotation import AwsRotation, RotationSpec
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
    identities = {item: made.outputs for item, made in workloads.items()}
    encryption = EncryptionSpec(
        environment,
        users=key_users(environment, WORKLOADS),
        copy_users=copy_key_users(environment, WORKLOADS),
        keepers=[role_arn(environment, item.name) for item in (BACKUP, RESTORE)],
        copiers=[role_arn(environment, REPLICATION.name)],
    )
    keys = AwsEncryption("encryption", encryption, here).outputs
    usual_key, secrets_key = keys.keys[environment.data_classification], keys.keys[DataClass.RESTRICTED]
    network = AwsNetwork(
        "network", NetworkSpec(environment, usual_key, role_boundary(environment)), here
    ).outputs
    places = {
        tier: Place(network.subnets[tier], network.security_groups[tier])
        for tier in (SubnetTier.ORCHESTRATION, SubnetTier.COMPUTE)
    }
    reporter = AwsReporter("backup-reporter", environment, here)
    storage = AwsStorage(
        "storage",
        StorageSpec(
            environment,
            destroy_data,
            keys=keys.keys,
            failover_keys=keys.failover_keys,
            log_writers={BACKUP_REPORTS: reporter.principal},
        ),
        identities[REPLICATION],
        here,
    ).outputs
    rotation = AwsRotation(
        "secret-rotation",
        RotationSpec(environment, identities[SECRET_ROTATION], places[SubnetTier.COMPUTE], usual_key),
        here,
    )
    readers = [
        made.principal for item, made in identities.items() if item.reads_sources or item.rotates_sources
    ]
    secrets = AwsSecrets(
        "secrets",
        SecretsSpec(
            environment,
            secrets_key,
            destroy_data,
            readers=readers,
            failover_key=keys.failover_keys.get(DataClass.RESTRICTED),
            rotators=rotation.rotators,
        ),
        here,
    ).outputs
    backup = AwsBackup(
        "backup",
        BackupSpec(
            environment,
            keeper=identities[BACKUP].principal,
            restorer=identities[RESTORE].principal,
            logs=storage.logs,
            keys=keys.keys,
            failover_keys=keys.failover_keys,
            destroy_data=destroy_data,
        ),
        here,
    ).outputs
    AwsMetadata(
        "metadata",
        MetadataSpec(
            environment,
            orchestrator=physical_name(environment, "orchestrator"),  # as it will be named
            exporter=identities[METADATA_EXPORT],
            scheduler=identities[METADATA_SCHEDULE],
            place=places[SubnetTier.ORCHESTRATION],
            zones=storage.zones,
            keys=keys.keys,
            notices=backup.notices,
        ),
        here,
    )
    entries = of_sources(environment, secrets.grantable)
    for item, made in workloads.items():
        made.grant(
            Grants(
                zones=storage.grantable,
                secrets=entries if item.reads_sources else {},
                rotated=entries if item.rotates_sources else {},
                keys=keys.grantable,
                copies=storage.failover_grantable,
                copy_keys=keys.failover_keys,
            )
        )

    export(
        environment,
        Made(network, keys, storage, secrets, {item.name: made for item, made in identities.items()}),
    )
