"""How S3 ages objects: the rules of a zone's life cycle, and those of the log buckets."""

from __future__ import annotations

import pulumi_aws as aws

from environments.storage import Lifecycle

Rule = aws.s3.BucketLifecycleConfigurationRuleArgsDict


def lifecycle_rules(lifecycle: Lifecycle, *, versioned: bool, archive_after: int | None) -> list[Rule]:
    """S3's rules for a zone's life cycle; `archive_after` moves the prefix `archive/` to Glacier."""
    whole: Rule = {
        "id": "zone",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abort_incomplete_multipart_upload": {
            "days_after_initiation": lifecycle.abort_incomplete_upload_after_days
        },
    }
    steps = (
        ("STANDARD_IA", lifecycle.infrequent_access_after_days),
        ("GLACIER", lifecycle.glacier_after_days),
        ("DEEP_ARCHIVE", lifecycle.deep_archive_after_days),
    )
    moves: list[aws.s3.BucketLifecycleConfigurationRuleTransitionArgsDict]
    moves = [{"storage_class": to, "days": days} for to, days in steps if days is not None]
    if moves:
        whole["transitions"] = moves
    if lifecycle.expire_after_days is not None:
        whole["expiration"] = {"days": lifecycle.expire_after_days}
    if versioned and lifecycle.noncurrent_expire_after_days is not None:
        whole["noncurrent_version_expiration"] = {"noncurrent_days": lifecycle.noncurrent_expire_after_days}
    if archive_after is None:
        return [whole]
    archive: Rule = {
        "id": "archive-prefix",
        "status": "Enabled",
        "filter": {"prefix": "archive/"},
        "transitions": [{"storage_class": "GLACIER", "days": archive_after}],
    }
    return [whole, archive]


def log_rule(days: int) -> Rule:
    """Logs go after so many days, their old versions after as many more."""
    return {
        "id": "logs",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "expiration": {"days": days},
        "noncurrent_version_expiration": {"noncurrent_days": days},
        "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
    }
