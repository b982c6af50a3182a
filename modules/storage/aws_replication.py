"""Copies of a zone in the fail-over region: who makes them, and by which rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import Input, Output, ResourceOptions

from environments.model import Environment
from environments.naming import physical_name, tags
from modules.storage.aws_bucket import AwsBucket

# IAM's own limit.
ROLE_NAME_LIMIT = 64
# The only figure that S3's promise comes with.
PROMISE_MINUTES = 15

# docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html; the last two for locked objects.
READ_BUCKET = ("s3:GetReplicationConfiguration", "s3:ListBucket")
READ_OBJECTS = (
    "s3:GetObjectVersionForReplication",
    "s3:GetObjectVersionAcl",
    "s3:GetObjectVersionTagging",
    "s3:GetObjectRetention",
    "s3:GetObjectLegalHold",
)
# No deletions: what is deleted in the zone stays in its copy.
WRITE_OBJECTS = ("s3:ReplicateObject", "s3:ReplicateTags")


@dataclass(frozen=True)
class Copied:
    """A zone and its copy, each with the key that its objects are encrypted with."""

    source: AwsBucket
    target: AwsBucket
    key: Input[str] | None
    failover_key: Input[str] | None


class AwsReplicator(pulumi.ComponentResource):
    """The role that S3 takes to copy. Made before the keys, whose policies name it; `copy` gives it its rights."""

    principal: Output[str]

    def __init__(self, name: str, environment: Environment, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:storage:AwsReplicator", name, None, opts)
        self._environment = environment
        # S3 says neither account nor bucket when it takes this role: conditions on them would shut it out.
        trust = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}
        self._role = aws.iam.Role(
            "replication-role",
            name=physical_name(environment, "storage", "replication", limit=ROLE_NAME_LIMIT),
            description=f"copies zones of {environment.name} to its fail-over region",
            assume_role_policy=Output.json_dumps({"Version": "2012-10-17", "Statement": [trust]}),
            tags=tags(environment),
            opts=ResourceOptions(parent=self),
        )
        self.principal = self._role.arn
        self.register_outputs({})

    def copy(self, zones: Sequence[Copied]) -> None:
        """Has every new object of these zones copied, and lets the role do so."""
        access = aws.iam.RolePolicy(
            "replication-access",
            name=physical_name(self._environment, "storage", "replication"),
            role=self._role.name,
            policy=Output.json_dumps({"Version": "2012-10-17", "Statement": self._statements(zones)}),
            opts=ResourceOptions(parent=self),
        )
        for copied in zones:
            rule = self._rule(copied)
            aws.s3.BucketReplicationConfig(
                f"{copied.source.logical_name}-replication",
                bucket=copied.source.name,
                region=self._environment.region,
                role=self._role.arn,
                rules=[rule],
                opts=ResourceOptions(
                    parent=self, depends_on=[access, *copied.source.versioning, *copied.target.versioning]
                ),
            )

    def _rule(self, copied: Copied) -> aws.s3.BucketReplicationConfigRuleArgsDict:
        # Metrics in any tier, so that a lag is seen; the promise, and the threshold of it, where it is paid for.
        metrics: aws.s3.BucketReplicationConfigRuleDestinationMetricsArgsDict = {"status": "Enabled"}
        destination: aws.s3.BucketReplicationConfigRuleDestinationArgsDict = {
            "bucket": copied.target.arn,
            "metrics": metrics,
        }
        if self._environment.storage.replication_within_15_minutes:
            metrics["event_threshold"] = {"minutes": PROMISE_MINUTES}
            destination["replication_time"] = {"status": "Enabled", "time": {"minutes": PROMISE_MINUTES}}
        rule: aws.s3.BucketReplicationConfigRuleArgsDict = {
            "id": "failover",
            "status": "Enabled",
            "priority": 1,
            "filter": {"prefix": ""},
            # A deletion, by mistake or malice, must not reach the copy.
            "delete_marker_replication": {"status": "Disabled"},
            "destination": destination,
        }
        if copied.failover_key is not None:
            destination["encryption_configuration"] = {"replica_kms_key_id": copied.failover_key}
            rule["source_selection_criteria"] = {"sse_kms_encrypted_objects": {"status": "Enabled"}}
        return rule

    def _statements(self, zones: Sequence[Copied]) -> list[dict[str, Any]]:
        here, there = self._environment.region, self._environment.failover_region
        objects = [Output.concat(copied.source.arn, "/*") for copied in zones]
        copies = [Output.concat(copied.target.arn, "/*") for copied in zones]
        statements = [
            _allow("ReadBuckets", READ_BUCKET, [copied.source.arn for copied in zones]),
            _allow("ReadObjects", READ_OBJECTS, objects),
            _allow("WriteCopies", WRITE_OBJECTS, copies),
            _allow("ReadKeys", ("kms:Decrypt",), [copied.key for copied in zones], _only_by_s3(here)),
            _allow(
                "WriteKeys", ("kms:Encrypt",), [copied.failover_key for copied in zones], _only_by_s3(there)
            ),
        ]
        return [statement for statement in statements if statement["Resource"]]


def _only_by_s3(region: str) -> Mapping[str, Any]:
    return {"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}}


def _allow(
    sid: str,
    actions: Sequence[str],
    resources: Sequence[Input[str] | None],
    condition: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    named = [resource for resource in resources if resource is not None]
    statement = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": named}
    return {**statement, "Condition": condition} if condition else statement
