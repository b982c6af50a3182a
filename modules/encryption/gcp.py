"""Keys on GCP: a Cloud KMS key per data class, used by Google's services for us and by nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi
import pulumi_gcp as gcp
from pulumi import InvokeOptions, Output, ResourceOptions

from environments.model import Environment
from environments.naming import physical_name, tags
from environments.vocabulary import DataClass
from modules.encryption.spec import EncryptionOutputs, EncryptionSpec

USE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
SECONDS_A_DAY = 86400
# Their agents exist once they are asked for; Cloud Storage's own comes with the project.
SERVICES = {"secrets": "secretmanager.googleapis.com", "topics": "pubsub.googleapis.com"}


class GcpEncryption(pulumi.ComponentResource):
    """A key ring, a key for each data class that asks for one, and who may use which.

    `users` of the spec stay unnamed: on GCP a workload reads what a service has decrypted, never a key.
    """

    outputs: EncryptionOutputs
    secrets_agent: Output[str]
    """Google's agent that stands for Secret Manager, as a member."""

    def __init__(self, name: str, spec: EncryptionSpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:encryption:GcpEncryption", name, None, opts)
        environment = spec.environment
        self._ring = gcp.kms.KeyRing(
            "key-ring",
            name=physical_name(environment, "encryption"),
            location=environment.region,
            project=environment.account,
            opts=ResourceOptions(parent=self, protect=environment.protect_data),
        )
        keys = {
            data_class: self._key(spec, data_class) for data_class in environment.encryption.customer_key_for
        }
        agents = {word: self._agent(environment, word, service) for word, service in SERVICES.items()}
        self.secrets_agent = agents["secrets"]
        storage = gcp.storage.get_project_service_account_output(
            project=environment.account, opts=InvokeOptions(parent=self)
        )
        agents["storage"] = Output.concat("serviceAccount:", storage.email_address)
        usable = [
            self._let_use(data_class, keys[data_class], word, agents[word])
            for data_class, word in _uses(environment)
            if data_class in keys
        ]
        # A bucket made before the agent may use its key is refused, so whoever asks for a key waits for it.
        names = {
            data_class: Output.all(key.id, *[grant.etag for grant in usable]).apply(lambda all_: str(all_[0]))
            for data_class, key in keys.items()
        }
        self.outputs = EncryptionOutputs(
            keys=names, grantable={data_class: key.id for data_class, key in keys.items()}
        )
        self._audit(environment)
        self.register_outputs({})

    def _key(self, spec: EncryptionSpec, data_class: DataClass) -> gcp.kms.CryptoKey:
        environment = spec.environment
        settings = environment.encryption
        return gcp.kms.CryptoKey(
            f"{data_class}-key",
            name=physical_name(environment, "encryption", data_class),
            key_ring=self._ring.id,
            purpose="ENCRYPT_DECRYPT",
            rotation_period=f"{settings.rotation_days * SECONDS_A_DAY}s",
            destroy_scheduled_duration=f"{settings.deletion_window_days * SECONDS_A_DAY}s",
            deletion_policy="PREVENT" if environment.protect_data else "DELETE",
            labels=tags(environment, data_classification=data_class),
            opts=ResourceOptions(parent=self, protect=environment.protect_data),
        )

    def _agent(self, environment: Environment, word: str, service: str) -> Output[str]:
        agent = gcp.projects.ServiceIdentity(
            f"{word}-agent",
            project=environment.account,
            service=service,
            opts=ResourceOptions(parent=self),
        )
        return agent.member

    def _let_use(
        self, data_class: DataClass, key: gcp.kms.CryptoKey, word: str, member: Output[str]
    ) -> gcp.kms.CryptoKeyIAMMember:
        return gcp.kms.CryptoKeyIAMMember(
            f"{data_class}-key-for-{word}",
            crypto_key_id=key.id,
            role=USE,
            member=member,
            opts=ResourceOptions(parent=self),
        )

    def _audit(self, environment: Environment) -> None:
        gcp.projects.IAMAuditConfig(
            "key-audit",
            project=environment.account,
            service="cloudkms.googleapis.com",
            audit_log_configs=[{"log_type": "DATA_READ"}, {"log_type": "DATA_WRITE"}],
            opts=ResourceOptions(parent=self),
        )


def _uses(environment: Environment) -> Iterator[tuple[DataClass, str]]:
    """Which service encrypts which class of data."""
    classes = {zone.data_class for zone in environment.storage.zones.values()}
    yield from ((data_class, "storage") for data_class in sorted(classes | {environment.data_classification}))
    yield DataClass.RESTRICTED, "secrets"
    yield DataClass.RESTRICTED, "topics"
