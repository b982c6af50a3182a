"""The same infrastructure as main.tf."""

import json

import pulumi_aws as aws

key = aws.kms.Key(
    "data",
    description="Data at rest",
    enable_key_rotation=True,
    deletion_window_in_days=30,
    tags={"owner": "data-platform"},
)
aws.kms.Alias("data", name="alias/twin-data", target_key_id=key.key_id)

raw = aws.s3.Bucket(
    "raw",
    bucket="twin-raw",
    object_lock_enabled=True,
    force_destroy=False,
    tags={"owner": "data-platform", "data-classification": "confidential"},
)
logs = aws.s3.Bucket("logs", bucket="twin-logs")
open_bucket = aws.s3.Bucket("open", bucket="twin-open")
aws.s3.BucketAcl("open", bucket=open_bucket.id, acl="public-read")
aws.s3.BucketPublicAccessBlock(
    "open", bucket=open_bucket.id, block_public_acls=False, block_public_policy=True
)
aws.s3.BucketPublicAccessBlock(
    "raw",
    bucket=raw.id,
    block_public_acls=True,
    block_public_policy=True,
    ignore_public_acls=True,
    restrict_public_buckets=True,
)
aws.s3.BucketVersioning("raw", bucket=raw.id, versioning_configuration={"status": "Enabled"})
aws.s3.BucketServerSideEncryptionConfiguration(
    "raw",
    bucket=raw.id,
    rules=[
        {
            "bucket_key_enabled": True,
            "apply_server_side_encryption_by_default": {
                "sse_algorithm": "aws:kms",
                "kms_master_key_id": key.arn,
            },
        }
    ],
)
aws.s3.BucketServerSideEncryptionConfiguration(
    "logs",
    bucket=logs.id,
    rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
)
aws.s3.BucketLifecycleConfiguration(
    "raw",
    bucket=raw.id,
    rules=[
        {
            "id": "age",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "transitions": [
                {"days": 30, "storage_class": "STANDARD_IA"},
                {"days": 180, "storage_class": "GLACIER"},
            ],
            "noncurrent_version_expiration": {"noncurrent_days": 30},
            "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
        }
    ],
)
aws.s3.BucketObjectLockConfiguration(
    "raw", bucket=raw.id, rule={"default_retention": {"mode": "COMPLIANCE", "days": 30}}
)
aws.s3.BucketLogging("raw", bucket=raw.id, target_bucket=logs.id, target_prefix="raw/")
aws.s3.BucketOwnershipControls("raw", bucket=raw.id, rule={"object_ownership": "BucketOwnerEnforced"})
aws.s3.BucketPolicy(
    "raw",
    bucket=raw.id,
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": ["arn:aws:s3:::twin-raw", "arn:aws:s3:::twin-raw/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        }
    ),
)
