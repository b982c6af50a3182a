"""One bucket on AWS, whole: every setting is a resource of its own, as the provider wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi_aws as aws
from pulumi import Input, Output, Resource, ResourceOptions

from modules.storage.aws_lifecycle import Rule

# Where in the log bucket the inventories lie.
INVENTORIES = "inventory"
INVENTORY_FIELDS = (
    "Size",
    "LastModifiedDate",
    "StorageClass",
    "ETag",
    "EncryptionStatus",
    "BucketKeyStatus",
    "ReplicationStatus",
    "ObjectLockMode",
    "ObjectLockRetainUntilDate",
)

# In a denial a wildcard is the strict reading: nothing at all goes over plain HTTP.
EVERY_ACTION = ("s3:*",)


@dataclass(frozen=True)
class BucketSettings:
    """What differs from one bucket to the next."""

    name: str
    region: str
    tags: Mapping[str, str]
    versioned: bool
    lock_days: int
    key: Input[str] | None
    lifecycle_rules: Sequence[Rule]
    protect: bool
    force_destroy: bool = False


class AwsBucket:
    """A private, encrypted bucket and its settings, as children of one component."""

    def __init__(self, logical_name: str, settings: BucketSettings, parent: Resource) -> None:
        self.logical_name = logical_name
        self._settings = settings
        self._inside = ResourceOptions(parent=parent)
        self.resource = aws.s3.Bucket(
            logical_name,
            bucket=settings.name,
            region=settings.region,
            object_lock_enabled=settings.lock_days > 0,
            force_destroy=settings.force_destroy,
            tags=settings.tags,
            opts=ResourceOptions(parent=parent, protect=settings.protect),
        )
        self.name: Output[str] = self.resource.bucket
        self.arn: Output[str] = self.resource.arn
        self.restrictions: list[Resource] = []
        self._keep_private()
        self._encrypt()
        self.versioning: Sequence[Resource] = self._version()
        """What must be there before settings that ask for versions."""
        self._age(self.versioning)

    def log_to(self, target: AwsBucket) -> None:
        """Writes every access to another bucket, under this one's name; that one's policy must be there."""
        aws.s3.BucketLogging(
            f"{self.logical_name}-logging",
            bucket=self.name,
            region=self._settings.region,
            target_bucket=target.name,
            target_prefix=f"{self._settings.name}/",
            # S3 refuses a target that its log service may not write to yet.
            opts=ResourceOptions.merge(self._inside, ResourceOptions(depends_on=target.restrictions)),
        )

    def announce(self) -> None:
        """Sends the bucket's events to the account's default event bus, for rules to pick from."""
        aws.s3.BucketNotification(
            f"{self.logical_name}-events",
            bucket=self.name,
            region=self._settings.region,
            eventbridge=True,
            opts=self._inside,
        )

    def list_to(self, target: AwsBucket, account: str) -> None:
        """Has a list of all versions of all objects written to another bucket, every week."""
        aws.s3.Inventory(
            f"{self.logical_name}-inventory",
            bucket=self.name,
            region=self._settings.region,
            name="weekly",
            included_object_versions="All",
            optional_fields=INVENTORY_FIELDS,
            schedule={"frequency": "Weekly"},
            destination={
                "bucket": {
                    "account_id": account,
                    "bucket_arn": target.arn,
                    "prefix": INVENTORIES,
                    "format": "Parquet",  # the warehouse reads it as it is
                    # As the bucket that it goes to.
                    "encryption": {"sse_s3": {}},
                }
            },
            opts=self._inside,
        )

    def restrict(self, *more: dict[str, Any]) -> None:
        """Sets the bucket's policy: TLS, its own key, and what else is given."""
        statements = [*self._denials(), *more]
        policy = aws.s3.BucketPolicy(
            f"{self.logical_name}-policy",
            bucket=self.name,
            region=self._settings.region,
            policy=Output.json_dumps({"Version": "2012-10-17", "Statement": statements}),
            opts=ResourceOptions.merge(self._inside, ResourceOptions(depends_on=[self._public_access])),
        )
        self.restrictions.append(policy)

    def _keep_private(self) -> None:
        bucket, region = self.name, self._settings.region
        self._public_access = aws.s3.BucketPublicAccessBlock(
            f"{self.logical_name}-public-access",
            bucket=bucket,
            region=region,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._inside,
        )
        aws.s3.BucketOwnershipControls(
            f"{self.logical_name}-ownership",
            bucket=bucket,
            region=region,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=self._inside,
        )

    def _encrypt(self) -> None:
        key = self._settings.key
        default: aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgsDict
        default = (
            {"sse_algorithm": "aws:kms", "kms_master_key_id": key} if key else {"sse_algorithm": "AES256"}
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{self.logical_name}-encryption",
            bucket=self.name,
            region=self._settings.region,
            # A bucket key: one call to KMS for many objects.
            rules=[
                {"apply_server_side_encryption_by_default": default, "bucket_key_enabled": key is not None}
            ],
            opts=self._inside,
        )

    def _version(self) -> list[Resource]:
        """Returns what the life cycle waits for; S3 takes one change to a bucket at a time."""
        if not self._settings.versioned:
            return []
        versioning = aws.s3.BucketVersioning(
            f"{self.logical_name}-versioning",
            bucket=self.name,
            region=self._settings.region,
            versioning_configuration={"status": "Enabled"},
            opts=self._inside,
        )
        if self._settings.lock_days:
            aws.s3.BucketObjectLockConfiguration(
                f"{self.logical_name}-lock",
                bucket=self.name,
                region=self._settings.region,
                # A lock that the owner can lift is none.
                rule={"default_retention": {"mode": "COMPLIANCE", "days": self._settings.lock_days}},
                opts=ResourceOptions.merge(self._inside, ResourceOptions(depends_on=[versioning])),
            )
        return [versioning]

    def _age(self, after: Sequence[Resource]) -> None:
        aws.s3.BucketLifecycleConfiguration(
            f"{self.logical_name}-lifecycle",
            bucket=self.name,
            region=self._settings.region,
            rules=self._settings.lifecycle_rules,
            opts=ResourceOptions.merge(self._inside, ResourceOptions(depends_on=after)),
        )

    def _denials(self) -> list[dict[str, Any]]:
        everything = [self.arn, Output.concat(self.arn, "/*")]
        denials = [
            _deny("OnlyOverTls", EVERY_ACTION, everything, {"Bool": {"aws:SecureTransport": "false"}}),
            _deny(
                "OnlyOverTls12",
                EVERY_ACTION,
                everything,
                {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
            ),
        ]
        if key := self._settings.key:
            # An upload that says nothing gets the bucket's own key; one that says another is refused.
            other = {
                "StringNotEqualsIfExists": {"s3:x-amz-server-side-encryption-aws-kms-key-id": key},
                "Null": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "false"},
            }
            plain = {
                "StringNotEqualsIfExists": {"s3:x-amz-server-side-encryption": "aws:kms"},
                "Null": {"s3:x-amz-server-side-encryption": "false"},
            }
            objects = [everything[1]]
            denials += [
                _deny("OnlyWithItsKey", ("s3:PutObject",), objects, other),
                _deny("OnlyWithKms", ("s3:PutObject",), objects, plain),
            ]
        return denials


def _deny(
    sid: str, actions: tuple[str, ...], resources: list[Output[str]], condition: dict[str, Any]
) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": list(actions),
        "Resource": resources,
        "Condition": condition,
    }
