"""Secrets on AWS: entries of Secrets Manager without a value, readable by the workload alone."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
from pulumi import Input, Output, ResourceOptions

from environments.model import Environment
from environments.naming import physical_name, tags
from environments.vocabulary import DataClass
from modules.secrets.spec import SecretsOutputs, SecretsSpec

# Secrets Manager's own bounds.
RECOVERY_DAYS = range(7, 31)


class AwsSecrets(pulumi.ComponentResource):
    """An entry per secret of the environment. Values are put in by people or by the rotation, never here."""

    outputs: SecretsOutputs

    def __init__(self, name: str, spec: SecretsSpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:secrets:AwsSecrets", name, None, opts)
        entries = {entry: self._entry(spec, entry) for entry in spec.environment.secrets}
        self.outputs = SecretsOutputs(
            names={entry: secret.name for entry, secret in entries.items()},
            grantable={entry: secret.arn for entry, secret in entries.items()},
        )
        self.register_outputs({})

    def _entry(self, spec: SecretsSpec, entry: str) -> aws.secretsmanager.Secret:
        environment = spec.environment
        secret = aws.secretsmanager.Secret(
            entry,
            name=physical_name(environment, entry),
            description=f"{entry} of {environment.name}",
            kms_key_id=spec.key,
            recovery_window_in_days=0 if spec.destroy_data else RECOVERY_DAYS[-1],
            # Without it, nothing could be extracted in the fail-over region. The service keeps the copy the same.
            replicas=[{"region": environment.failover_region, "kms_key_id": spec.failover_key}],
            tags=tags(environment, data_classification=DataClass.RESTRICTED),
            opts=ResourceOptions(parent=self, protect=environment.protect_data),
        )
        policy = aws.secretsmanager.SecretPolicy(
            f"{entry}-policy",
            secret_arn=secret.arn,
            policy=entry_policy(spec),
            block_public_policy=True,
            opts=ResourceOptions(parent=self),
        )
        if rotator := spec.rotators.get(entry):
            self._rotate(environment, entry, secret, rotator, policy)
        return secret

    def _rotate(
        self,
        environment: Environment,
        entry: str,
        secret: aws.secretsmanager.Secret,
        rotator: Input[str],
        policy: aws.secretsmanager.SecretPolicy,
    ) -> None:
        permission = aws.lambda_.Permission(
            f"{entry}-calls-rotation",
            function=rotator,
            action="lambda:InvokeFunction",
            principal="secretsmanager.amazonaws.com",
            source_account=environment.account,
            source_arn=secret.arn,
            opts=ResourceOptions(parent=self),
        )
        aws.secretsmanager.SecretRotation(
            f"{entry}-rotation",
            secret_id=secret.id,
            rotation_lambda_arn=rotator,
            rotation_rules={"automatically_after_days": environment.secrets[entry].rotation_days},
            # An entry begins without a value: there is nothing to rotate until somebody has put one in.
            rotate_immediately=False,
            opts=ResourceOptions(parent=self, depends_on=[permission, policy]),
        )


def entry_policy(spec: SecretsSpec) -> Output[str]:
    """Denials only: whoever may read is said by his own policy, and must also be named here."""
    deny_others = {
        "Sid": "OnlyReadersRead",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
        "Condition": {"ArnNotEquals": {"aws:PrincipalArn": list(spec.readers)}},
    }
    deny_plain = {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"],
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return Output.json_dumps({"Version": "2012-10-17", "Statement": [deny_others, deny_plain]})
