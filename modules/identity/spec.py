"""What a workload identity takes and gives, on every cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pulumi import Input, Output

from environments.manifest import Zone
from environments.model import Environment
from environments.vocabulary import DataClass


class Right(StrEnum):
    """What a workload may do in a storage zone."""

    READ = "read"
    ADD = "add"
    """Read, and write objects; never delete one."""
    REPLACE = "replace"
    """Read, write and delete."""


# The one workload so far: every pipeline, from Airflow's task to the Spark job.
PIPELINES = "pipelines"
PIPELINES_RIGHTS: Mapping[Zone, Right] = {
    Zone.RAW: Right.ADD,  # evidence: nobody takes any away
    Zone.CURATED: Right.REPLACE,  # backfills rewrite partitions
    Zone.ARCHIVE: Right.ADD,
    Zone.QUARANTINE: Right.REPLACE,  # a row leaves when it is repaired
    Zone.ERRORS: Right.ADD,
    Zone.RELEASES: Right.READ,  # only CI ships
}

# What a release's reader needs; anything else in that zone is CI's.
RELEASE_OBJECTS = ("releases/*", "platform/*", "CURRENT")


@dataclass(frozen=True)
class IdentitySpec:
    """One workload of an environment."""

    environment: Environment
    workload: str = PIPELINES


@dataclass(frozen=True)
class Grants:
    """All that a workload may touch, by the identifiers that the cloud's permissions use."""

    rights: Mapping[Zone, Right]
    zones: Mapping[Zone, Input[str]]
    secrets: Mapping[str, Input[str]]
    """Entries that it may read."""
    keys: Mapping[DataClass, Input[str]]
    """Keys that its data is encrypted with."""


@dataclass(frozen=True)
class IdentityOutputs:
    """Who the workload is."""

    principal: Output[str]
    """As policies name it: role ARN, service account's e-mail, principal id."""
    name: Output[str]
    """As the services that run it ask for it."""
