"""What object storage takes and gives, on every cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi import Input, Output

from environments.manifest import Zone
from environments.model import Environment
from environments.vocabulary import DataClass


@dataclass(frozen=True)
class StorageSpec:
    """The zones of an environment, as its file describes them."""

    environment: Environment
    destroy_data: bool = False
    """Whether a bucket may be removed with all that it holds; takes effect once `up` has applied it."""
    keys: Mapping[DataClass, Input[str]] = field(default_factory=dict)
    """Customer-managed keys; a class without one is encrypted with the service's own."""
    failover_keys: Mapping[DataClass, Input[str]] = field(default_factory=dict)
    """The same for the copies in the fail-over region."""
    log_writers: Mapping[str, Input[str]] = field(default_factory=dict)
    """Services' roles that write to the log bucket as well, by the prefix that each writes under."""


@dataclass(frozen=True)
class StorageOutputs:
    """URIs without a trailing slash."""

    zones: Mapping[Zone, Output[str]]
    failover_zones: Mapping[Zone, Output[str]]
    """The copies, of the zones that have one."""
    buckets: Mapping[Zone, Output[str]]
    """Names of the zones' buckets."""
    grantable: Mapping[Zone, Output[str]] = field(default_factory=dict)
    """The zones as the cloud's permissions name them."""
    failover_grantable: Mapping[Zone, Output[str]] = field(default_factory=dict)
    """The copies as the cloud's permissions name them."""
    logs: Sequence[Output[str]] = ()
    """Names of the log buckets; the first is that of the environment's own region."""
