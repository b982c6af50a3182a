"""Copies of zones in the fail-over region, made by S3: by which rule, and what that takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi_aws as aws
from pulumi import Input, Output, Resource, ResourceOptions

from environments.model import Environment
from environments.naming import physical_name
from modules.identity.spec import IdentityOutputs
from modules.storage.aws_bucket import AwsBucket

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


def replicate(
    environment: Environment, identity: IdentityOutputs, zones: Sequence[Copied], parent: Resource
) -> None:
    """Has every new object of these zones copied by this identity, and lets it do so."""
    if not zones:
        return
    inside = ResourceOptions(parent=parent)
    access = aws.iam.RolePolicy(
        "replication-access",
        name=physical_name(environment, "storage", "replication"),
        role=identity.name,
        policy=Output.json_dumps({"Version": "2012-10-17", "Statement": _statements(environment, zones)}),
        opts=inside,
    )
    for copied in zones:
        waits = [access, *copied.source.versioning, *copied.target.versioning]
        aws.s3.BucketReplicationConfig(
            f"{copied.source.logical_name}-replication",
            bucket=copied.source.name,
            region=environment.region,
            role=identity.principal,
            rules=[_rule(environment, copied)],
            opts=ResourceOptions.merge(inside, ResourceOptions(depends_on=waits)),
        )


def _rule(environment: Environment, copied: Copied) -> aws.s3.BucketReplicationConfigRuleArgsDict:
    # Metrics in any tier, so that a lag is seen; the promise, and the threshold of it, where it is paid for.
    metrics: aws.s3.BucketReplicationConfigRuleDestinationMetricsArgsDict = {"status": "Enabled"}
    destination: aws.s3.BucketReplicationConfigRuleDestinationArgsDict = {
        "bucket": copied.target.arn,
        "metrics": metrics,
    }
    if environment.storage.replication_within_15_minutes:
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


def _statements(environment: Environment, zones: Sequence[Copied]) -> list[dict[str, Any]]:
    here, there = environment.region, environment.failover_region
    objects = [Output.concat(copied.source.arn, "/*") for copied in zones]
    copies = [Output.concat(copied.target.arn, "/*") for copied in zones]
    statements = [
        _allow("ReadBuckets", READ_BUCKET, [copied.source.arn for copied in zones]),
        _allow("ReadObjects", READ_OBJECTS, objects),
        _allow("WriteCopies", WRITE_OBJECTS, copies),
        _allow("ReadKeys", ("kms:Decrypt",), [copied.key for copied in zones], _only_by_s3(here)),
        _allow(
            "WriteKeys",
            ("kms:Encrypt", "kms:GenerateDataKey"),
            [copied.failover_key for copied in zones],
            _only_by_s3(there),
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
