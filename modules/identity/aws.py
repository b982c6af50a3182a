"""Workload identities on AWS: a role that services of this account assume, and one policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import Input, Output, ResourceOptions

from environments.manifest import Zone
from environments.naming import physical_name, role_boundary, tags
from modules.identity.spec import RELEASE_OBJECTS, Grants, IdentityOutputs, IdentitySpec, Right

# What runs the pipelines: MWAA's workers and EMR Serverless's jobs.
SERVICES = ("airflow-env.amazonaws.com", "emr-serverless.amazonaws.com")
# IAM's own limit.
ROLE_NAME_LIMIT = 64

OBJECT_ACTIONS: Mapping[Right, tuple[str, ...]] = {
    Right.READ: ("s3:GetObject", "s3:GetObjectVersion"),
    Right.ADD: ("s3:AbortMultipartUpload", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"),
    Right.REPLACE: (
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:PutObject",
    ),
}
BUCKET_ACTIONS = ("s3:GetBucketLocation", "s3:ListBucket")
SECRET_ACTIONS = ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue")
KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")


class AwsIdentity(pulumi.ComponentResource):
    """The role of one workload; `grant` gives it what it may touch, once that is there."""

    outputs: IdentityOutputs

    def __init__(self, name: str, spec: IdentitySpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:identity:AwsIdentity", name, None, opts)
        self._spec = spec
        environment = spec.environment
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": list(SERVICES)},
            "Action": "sts:AssumeRole",
            # Nobody else's Airflow may have ours act for it.
            "Condition": {"StringEquals": {"aws:SourceAccount": environment.account}},
        }
        self._role = aws.iam.Role(
            f"{spec.workload}-role",
            name=physical_name(environment, "identity", spec.workload, limit=ROLE_NAME_LIMIT),
            description=f"{spec.workload} of {environment.name}",
            assume_role_policy=Output.json_dumps({"Version": "2012-10-17", "Statement": [trust]}),
            permissions_boundary=role_boundary(environment),
            max_session_duration=3600,
            tags=tags(environment),
            opts=ResourceOptions(parent=self),
        )
        self.outputs = IdentityOutputs(principal=self._role.arn, name=self._role.name)
        self.register_outputs({})

    def grant(self, grants: Grants) -> None:
        """Gives the role all that it may do."""
        spec = self._spec
        aws.iam.RolePolicy(
            f"{spec.workload}-access",
            name=physical_name(spec.environment, "identity", spec.workload),
            role=self._role.name,
            policy=Output.json_dumps({"Version": "2012-10-17", "Statement": statements(grants)}),
            opts=ResourceOptions(parent=self),
        )


def statements(grants: Grants) -> list[dict[str, Any]]:
    """One statement per zone, so that each says by itself what it allows."""
    found: list[dict[str, Any]] = []
    for zone, right in grants.rights.items():
        bucket = grants.zones[zone]
        word = zone.value.capitalize()
        objects = [Output.concat(bucket, "/", pattern) for pattern in _objects(zone)]
        found.append(_allow(f"{word}Objects", OBJECT_ACTIONS[right], objects))
        found.append(_allow(f"{word}Bucket", BUCKET_ACTIONS, [bucket]))
    found.append(_allow("Secrets", SECRET_ACTIONS, list(grants.secrets.values())))
    found.append(_allow("Keys", KEY_ACTIONS, list(grants.keys.values())))
    return [statement for statement in found if statement["Resource"]]


def _objects(zone: Zone) -> tuple[str, ...]:
    return RELEASE_OBJECTS if zone is Zone.RELEASES else ("*",)


def _allow(sid: str, actions: tuple[str, ...], resources: Sequence[Input[str]]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
