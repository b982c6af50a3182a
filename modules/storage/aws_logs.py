"""The log bucket of a region on AWS: what its other buckets' accesses and inventories are written to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi import Input, Output, Resource

from environments.model import Environment
from environments.naming import physical_name, tags
from modules.storage.aws_bucket import INVENTORIES, AwsBucket, BucketSettings
from modules.storage.aws_lifecycle import log_rule


@dataclass(frozen=True)
class LogSettings:
    """Whose logs, and who writes them."""

    environment: Environment
    region: str
    """Where; S3 writes logs and inventories within a region only."""
    part: str
    """What tells it from the log bucket of the other region."""
    sources: Sequence[str]
    """Names of the buckets that write to it."""
    writers: Mapping[str, Input[str]] = field(default_factory=dict)
    """Roles that write to it, by prefix."""
    destroy_data: bool = False


def log_bucket(settings: LogSettings, parent: Resource) -> AwsBucket:
    """Makes a log bucket: nobody but S3 and the writers puts anything in it."""
    environment, sources = settings.environment, settings.sources
    logs = AwsBucket(
        settings.part,
        BucketSettings(
            name=physical_name(environment, "storage", settings.part),
            region=settings.region,
            tags=tags(environment),
            versioned=True,
            lock_days=0,
            key=None,  # the log service cannot write under a customer's key
            # As long as the network's flow logs: an inquiry reads both side by side.
            lifecycle_rules=[log_rule(environment.network.flow_log_retention_days)],
            protect=environment.protect_data,
            force_destroy=settings.destroy_data,
        ),
        parent=parent,
    )
    logs.restrict(
        _from_buckets(environment, sources, logs, "AccessLogs", "logging.s3.amazonaws.com", prefix=""),
        _from_buckets(
            environment, sources, logs, "Inventories", "s3.amazonaws.com", prefix=f"{INVENTORIES}/"
        ),
        *(_from_role(role, logs, prefix) for prefix, role in settings.writers.items()),
    )
    return logs


def _from_buckets(
    environment: Environment, sources: Sequence[str], logs: AwsBucket, sid: str, service: str, *, prefix: str
) -> dict[str, Any]:
    """Lets a service write under the name of each source, for that source only."""
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "s3:PutObject",
        "Resource": [Output.concat(logs.arn, f"/{prefix}{name}/*") for name in sources],
        "Condition": {
            "StringEquals": {"aws:SourceAccount": environment.account},
            "ArnEquals": {"aws:SourceArn": [f"arn:aws:s3:::{name}" for name in sources]},
        },
    }


def _from_role(role: Input[str], logs: AwsBucket, prefix: str) -> dict[str, Any]:
    words = "".join(word.capitalize() for word in prefix.split("-"))
    return {
        "Sid": words,
        "Effect": "Allow",
        "Principal": {"AWS": role},
        "Action": "s3:PutObject",
        "Resource": Output.concat(logs.arn, f"/{prefix}/*"),
    }
