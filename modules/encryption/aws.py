"""Keys on AWS: a KMS key per data class, whose policy keeps those who use it from those who run it."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
from pulumi import ResourceOptions

from environments.naming import physical_name, tags
from environments.vocabulary import DataClass
from modules.encryption.aws_key_policy import Users, key_policy, services_of, users_of
from modules.encryption.spec import EncryptionOutputs, EncryptionSpec, copied_classes, replicated_classes


class AwsEncryption(pulumi.ComponentResource):
    """A key and its alias for each data class that asks for one; one more where the class has copies.

    Copies have keys of their own, and not replicas of the first: what opens data in one region opens none in the
    other. S3 and Backup encrypt anew anyway.
    """

    outputs: EncryptionOutputs

    def __init__(self, name: str, spec: EncryptionSpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:encryption:AwsEncryption", name, None, opts)
        self._spec = spec
        environment = spec.environment
        # Log groups and buckets keep the ARN that they were given, so an alias would only hide the key.
        keys = {
            data_class: self._key(
                data_class,
                str(data_class),
                users_of(
                    environment,
                    data_class,
                    workloads=spec.users.get(data_class, ()),
                    keepers=self._keepers(data_class),
                    copiers=self._copiers(data_class),
                ),
            ).arn
            for data_class in environment.encryption.customer_key_for
        }
        copies = {
            data_class: self._key(
                data_class,
                f"{data_class}-failover",
                Users(
                    environment.failover_region,
                    workloads=spec.copy_users.get(data_class, ()),
                    keepers=self._keepers(data_class),
                    copiers=self._copiers(data_class),
                    services=services_of(data_class),
                ),
            ).arn
            for data_class in copied_classes(environment)
        }
        self.outputs = EncryptionOutputs(keys=keys, grantable=keys, failover_keys=copies)
        self.register_outputs({})

    def _keepers(self, data_class: DataClass) -> list[pulumi.Input[str]]:
        return list(self._spec.keepers) if data_class in self._spec.environment.backup.plans else []

    def _copiers(self, data_class: DataClass) -> list[pulumi.Input[str]]:
        return list(self._spec.copiers) if data_class in replicated_classes(self._spec.environment) else []

    def _key(self, data_class: DataClass, word: str, users: Users) -> aws.kms.Key:
        environment = self._spec.environment
        protected = ResourceOptions(parent=self, protect=environment.protect_data)
        key = aws.kms.Key(
            f"{word}-key",
            description=f"{word} data of {environment.name}",
            region=users.region,
            deletion_window_in_days=environment.encryption.deletion_window_days,
            enable_key_rotation=True,
            rotation_period_in_days=environment.encryption.rotation_days,
            policy=key_policy(environment, users),
            tags=tags(environment, data_classification=data_class),
            opts=protected,
        )
        aws.kms.Alias(
            f"{word}-key-alias",
            name=f"alias/{physical_name(environment, 'encryption', word)}",
            region=users.region,
            target_key_id=key.key_id,
            opts=protected,
        )
        return key
