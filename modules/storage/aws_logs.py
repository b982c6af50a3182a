"""The log bucket of a region on AWS: what its other buckets' accesses and inventories are written to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pulumi import Output, Resource

from environments.model import Environment
from environments.naming import physical_name, tags
from modules.storage.aws_bucket import INVENTORIES, AwsBucket, BucketSettings
from modules.storage.aws_lifecycle import log_rule


def log_bucket(
    environment: Environment,
    region: str,
    part: str,
    sources: Sequence[str],
    *,
    destroy_data: bool,
    parent: Resource,
) -> AwsBucket:
    """A log bucket.

    Args:
        environment: Whose logs.
        region: Where; S3 writes logs and inventories within a region only.
        part: What tells it from the log bucket of the other region.
        sources: Names of the buckets that write to it.
        destroy_data: Whether it may go with all that it holds.
        parent: The component that it belongs to.
    """
    logs = AwsBucket(
        part,
        BucketSettings(
            name=physical_name(environment, "storage", part),
            region=region,
            tags=tags(environment),
            versioned=True,
            lock_days=0,
            key=None,  # the log service cannot write under a customer's key
            # As long as the network's flow logs: an inquiry reads both side by side.
            lifecycle_rules=[log_rule(environment.network.flow_log_retention_days)],
            protect=environment.protect_data,
            force_destroy=destroy_data,
        ),
        parent=parent,
    )
    logs.restrict(
        _let_in(environment, sources, logs, "AccessLogs", "logging", prefix=""),
        _let_in(environment, sources, logs, "Inventories", "s3", prefix=f"{INVENTORIES}/"),
    )
    return logs


def _let_in(
    environment: Environment, sources: Sequence[str], logs: AwsBucket, sid: str, service: str, *, prefix: str
) -> dict[str, Any]:
    """Lets a service write under the name of each source, for that source only."""
    domain = "s3.amazonaws.com" if service == "s3" else f"{service}.s3.amazonaws.com"
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": domain},
        "Action": "s3:PutObject",
        "Resource": [Output.concat(logs.arn, f"/{prefix}{name}/*") for name in sources],
        "Condition": {
            "StringEquals": {"aws:SourceAccount": environment.account},
            "ArnEquals": {"aws:SourceArn": [f"arn:aws:s3:::{name}" for name in sources]},
        },
    }
