"""What backup takes and gives, on every cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi import Input, Output

from environments.model import Environment
from environments.storage import BackupPlan
from environments.vocabulary import DataClass


@dataclass(frozen=True)
class BackupSpec:
    """Vaults and plans are the environment's `backup`."""

    environment: Environment
    keeper: Input[str]
    """The identity that backs up and copies."""
    restorer: Input[str]
    """The identity that restores, to prove that it can be done."""
    logs: Sequence[Input[str]]
    """Names of the log buckets: reports go to the first, and none is backed up, as they age on their own."""
    keys: Mapping[DataClass, Input[str]] = field(default_factory=dict)
    """Customer-managed keys; a class without one is encrypted with the service's own."""
    failover_keys: Mapping[DataClass, Input[str]] = field(default_factory=dict)
    """The same in the fail-over region."""
    destroy_data: bool = False
    """Whether a vault may be removed with all that it holds, where no lock forbids it."""


@dataclass(frozen=True)
class BackupOutputs:
    """Vaults by class of data, and who tells of what happens to them."""

    vaults: Mapping[DataClass, Output[str]]
    """Names."""
    failover_vaults: Mapping[DataClass, Output[str]]
    """Names of those in the fail-over region, of the classes that have a copy."""
    notices: Output[str]
    """The topic that jobs and failures are published on."""


# The longest time back to which S3 can be restored to any second; AWS Backup's own bound.
POINT_IN_TIME_DAYS = 35


def continuous_days(plan: BackupPlan) -> int:
    """Days back to which a store that can be restored to any second is."""
    return min(plan.keep_days, POINT_IN_TIME_DAYS)
