"""One bucket of state, whole: every setting is a resource of its own, as the provider wants it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from environments.model import Environment
from environments.naming import tags
from environments.vocabulary import DataClass, ManagedBy
from stacks.bootstrap.cdk import Made, Program
from stacks.bootstrap.documents import deny, document, to


@dataclass(frozen=True)
class Bucket:
    """What differs between the state and its copy."""

    name: str
    physical: str
    key: Made
    provider: str | None = None


def make(program: Program, environment: Environment, bucket: Bucket) -> Made:
    """A private, encrypted bucket whose versions nobody can delete before their time."""
    made = program.make(
        "aws_s3_bucket",
        bucket.name,
        provider=bucket.provider,
        bucket=bucket.physical,
        object_lock_enabled=True,
        tags=tags(environment, data_classification=DataClass.RESTRICTED, managed_by=ManagedBy.TERRAFORM),
        lifecycle={"prevent_destroy": environment.protect_data},
    )
    target = {"provider": bucket.provider, "bucket": made.output("bucket")}
    private = program.make(
        "aws_s3_bucket_public_access_block",
        bucket.name,
        **target,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    )
    program.make(
        "aws_s3_bucket_ownership_controls",
        bucket.name,
        **target,
        rule=[{"object_ownership": "BucketOwnerEnforced"}],
    )
    key = bucket.key.output("arn")
    default = {"sse_algorithm": "aws:kms", "kms_master_key_id": key}
    program.make(
        "aws_s3_bucket_server_side_encryption_configuration",
        bucket.name,
        **target,
        # A bucket key: one call to KMS for many objects.
        rule=[{"apply_server_side_encryption_by_default": [default], "bucket_key_enabled": True}],
    )
    program.make(
        "aws_s3_bucket_policy",
        bucket.name,
        **target,
        policy=document(*_denials(bucket.physical, key)),
        depends_on=[private.address],
    )
    _keep(program, environment, bucket, target)
    return made


def _keep(program: Program, environment: Environment, bucket: Bucket, target: dict[str, Any]) -> None:
    """Versions, their lock, and their end.

    Pulumi and Terraform write whole objects and never touch a version again: each write makes a new version,
    and what they delete gets a marker. So a lock holds only the past, and hinders neither of them.
    """
    state = environment.state
    versions = program.make(
        "aws_s3_bucket_versioning",
        bucket.name,
        **target,
        versioning_configuration=[{"status": "Enabled"}],
    )
    after = {"depends_on": [versions.address]}
    program.make(
        "aws_s3_bucket_object_lock_configuration",
        bucket.name,
        **target,
        # A lock that the owner can lift is none: governance mode gives way to whoever took over the account.
        rule=[{"default_retention": [{"mode": "COMPLIANCE", "days": state.lock_days}]}],
        **after,
    )
    program.make(
        "aws_s3_bucket_lifecycle_configuration",
        bucket.name,
        **target,
        rule=[
            {
                "id": "old-versions",
                "status": "Enabled",
                "filter": [{"prefix": ""}],
                "noncurrent_version_expiration": [{"noncurrent_days": state.keep_days}],
                # A marker of which all versions are gone.
                "expiration": [{"expired_object_delete_marker": True}],
                "abort_incomplete_multipart_upload": [{"days_after_initiation": 1}],
            }
        ],
        **after,
    )


def _denials(name: str, key: str) -> list[dict[str, Any]]:
    objects = f"arn:aws:s3:::{name}/*"
    everything = [f"arn:aws:s3:::{name}", objects]
    # An upload that says nothing gets the bucket's own key; one that says another is refused.
    other = {
        "StringNotEqualsIfExists": {"s3:x-amz-server-side-encryption-aws-kms-key-id": key},
        "Null": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "false"},
    }
    plain = {
        "StringNotEqualsIfExists": {"s3:x-amz-server-side-encryption": "aws:kms"},
        "Null": {"s3:x-amz-server-side-encryption": "false"},
    }
    return [
        to("*", deny("OnlyOverTls", ["s3:*"], everything, {"Bool": {"aws:SecureTransport": "false"}})),
        to("*", deny("OnlyOverTls12", ["s3:*"], everything, {"NumericLessThan": {"s3:TlsVersion": "1.2"}})),
        to("*", deny("OnlyWithItsKey", ["s3:PutObject"], [objects], other)),
        to("*", deny("OnlyWithKms", ["s3:PutObject"], [objects], plain)),
    ]
