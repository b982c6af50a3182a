"""Secrets on GCP: entries of Secret Manager without a value, in the environment's region."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pulumi
import pulumi_gcp as gcp
from pulumi import Input, ResourceOptions

from environments.model import Environment
from environments.naming import physical_name, tags
from environments.vocabulary import DataClass
from modules.secrets.spec import SecretsOutputs, SecretsSpec

SECONDS_A_DAY = 86400


class GcpSecrets(pulumi.ComponentResource):
    """An entry per secret of the environment, and the topic that says which is due for rotation."""

    outputs: SecretsOutputs

    def __init__(
        self, name: str, spec: SecretsSpec, agent: Input[str], opts: ResourceOptions | None = None
    ) -> None:
        """`agent` is Google's own, which announces rotations."""
        super().__init__("sluice:secrets:GcpSecrets", name, None, opts)
        environment = spec.environment
        self._topic = gcp.pubsub.Topic(
            "rotation-due",
            name=physical_name(environment, "secrets", "rotation-due"),
            project=environment.account,
            kms_key_name=spec.key,
            message_storage_policy={"allowed_persistence_regions": [environment.region]},
            labels=tags(environment, data_classification=DataClass.RESTRICTED),
            opts=ResourceOptions(parent=self),
        )
        may_announce = gcp.pubsub.TopicIAMMember(
            "rotation-due-publisher",
            topic=self._topic.name,
            project=environment.account,
            role="roles/pubsub.publisher",
            member=agent,
            opts=ResourceOptions(parent=self),
        )
        entries = {entry: self._entry(spec, entry, may_announce) for entry in environment.secrets}
        self._audit(environment)
        self.outputs = SecretsOutputs(
            names={entry: secret.secret_id for entry, secret in entries.items()},
            grantable={entry: secret.secret_id for entry, secret in entries.items()},
        )
        self.register_outputs({})

    def _entry(self, spec: SecretsSpec, entry: str, after: pulumi.Resource) -> gcp.secretmanager.Secret:
        environment = spec.environment
        days = environment.secrets[entry].rotation_days
        return gcp.secretmanager.Secret(
            entry,
            secret_id=physical_name(environment, entry),
            project=environment.account,
            replication={
                "user_managed": {
                    "replicas": [
                        {
                            "location": environment.region,
                            "customer_managed_encryption": {"kms_key_name": spec.key},
                        }
                    ]
                }
            },
            topics=[{"name": self._topic.id}],
            rotation={
                "rotation_period": f"{days * SECONDS_A_DAY}s",
                "next_rotation_time": first_rotation(days),
            },
            # A destroyed version can be saved for as long as a deleted key.
            version_destroy_ttl=f"{environment.encryption.deletion_window_days * SECONDS_A_DAY}s",
            deletion_protection=environment.protect_data and not spec.destroy_data,
            labels=tags(environment, data_classification=DataClass.RESTRICTED),
            opts=ResourceOptions(
                parent=self,
                protect=environment.protect_data,
                depends_on=[after],
                # Secret Manager moves it on by itself after every rotation.
                ignore_changes=["rotation.nextRotationTime"],
            ),
        )

    def _audit(self, environment: Environment) -> None:
        gcp.projects.IAMAuditConfig(
            "secret-audit",
            project=environment.account,
            service="secretmanager.googleapis.com",
            audit_log_configs=[{"log_type": "DATA_READ"}, {"log_type": "DATA_WRITE"}],
            opts=ResourceOptions(parent=self),
        )


def first_rotation(days: int) -> str:
    """Midnight of the day on which the first rotation is due; only a new entry's is ever used."""
    due = datetime.now(UTC) + timedelta(days=days)
    return due.strftime("%Y-%m-%dT00:00:00Z")
