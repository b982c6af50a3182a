"""The topic on AWS that tells of backups: jobs that ended, copies and objects that failed, exports that are late."""

from __future__ import annotations

from typing import Any

import pulumi_aws as aws
from pulumi import Input, Output, Resource, ResourceOptions

from environments.model import Environment
from environments.naming import physical_name, tags

# Of a completed job the state is in the message: failed, expired and aborted ones are completed too.
VAULT_EVENTS = (
    "BACKUP_JOB_COMPLETED",
    "COPY_JOB_FAILED",
    "RESTORE_JOB_COMPLETED",
    "RECOVERY_POINT_MODIFIED",
    "S3_BACKUP_OBJECT_FAILED",
    "S3_RESTORE_OBJECT_FAILED",
)


class Notices:
    """The topic and its policy, as children of one component."""

    def __init__(self, environment: Environment, key: Input[str] | None, parent: Resource) -> None:
        self._inside = ResourceOptions(parent=parent)
        self.topic = aws.sns.Topic(
            "notices",
            name=physical_name(environment, "backup", "notices"),
            kms_master_key_id=key,
            tags=tags(environment),
            opts=self._inside,
        )
        self._policy = aws.sns.TopicPolicy(
            "notices-policy",
            arn=self.topic.arn,
            policy=Output.json_dumps(
                {"Version": "2012-10-17", "Statement": _statements(environment, self.topic.arn)}
            ),
            opts=self._inside,
        )

    def tell_of(self, vault: aws.backup.Vault, logical_name: str) -> None:
        """Tells of a vault's events."""
        aws.backup.VaultNotifications(
            f"{logical_name}-notices",
            backup_vault_name=vault.name,
            sns_topic_arn=self.topic.arn,
            backup_vault_events=list(VAULT_EVENTS),
            opts=ResourceOptions.merge(self._inside, ResourceOptions(depends_on=[self._policy])),
        )


def _statements(environment: Environment, topic: Input[str]) -> list[dict[str, Any]]:
    services = [
        {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sns:Publish",
            "Resource": topic,
            "Condition": {"StringEquals": {"aws:SourceAccount": environment.account}},
        }
        for sid, service in (("Vaults", "backup.amazonaws.com"), ("Alarms", "cloudwatch.amazonaws.com"))
    ]
    in_clear = {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return [*services, in_clear]
