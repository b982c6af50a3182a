"""What a workload identity takes and gives, on every cloud; `workloads.py` says what each workload may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pulumi import Input, Output

from environments.manifest import Zone
from environments.model import Environment
from environments.vocabulary import DataClass

EVERYTHING = ("*",)


class Right(StrEnum):
    """What a workload may do in a storage zone."""

    READ = "read"
    ADD = "add"
    """Read, and write objects; never delete one."""
    REPLACE = "replace"
    """Read, write and delete."""
    BACK_UP = "back_up"
    """Read all versions with all that is said of them, and be told of changes."""

    @property
    def writes(self) -> bool:
        """Whether objects are written."""
        return self in (Right.ADD, Right.REPLACE)


@dataclass(frozen=True)
class Access:
    """A right in one zone, on the objects whose keys match a prefix (with `*` behind) or are named."""

    zone: Zone
    right: Right
    objects: tuple[str, ...] = EVERYTHING


@dataclass(frozen=True)
class Workload:
    """Something that acts by itself, and all that it may do with data."""

    name: str
    does: str
    """For people who look at the identity in the cloud."""
    access: tuple[Access, ...] = ()
    copies: tuple[Access, ...] = ()
    """In the fail-over region's copies of zones."""
    reads_sources: bool = False
    """Whether it reads the credentials of the source systems."""
    rotates_sources: bool = False
    """Whether it gives the source systems' entries new credentials."""
    usual_key: bool = False
    """Whether it uses the key of the environment's usual class, whatever data it meets: for its variables, its
    messages, its schedule."""


@dataclass(frozen=True)
class IdentitySpec:
    """One workload of an environment."""

    environment: Environment
    workload: Workload


@dataclass(frozen=True)
class Grants:
    """The identifiers, as the cloud's permissions use them, of what a workload may touch.

    A zone or class of data that is not among them is one that the workload gets no right on; so whoever makes
    a zone later grants it later.
    """

    zones: Mapping[Zone, Input[str]]
    secrets: Mapping[str, Input[str]] = field(default_factory=dict)
    """Entries that it may read."""
    rotated: Mapping[str, Input[str]] = field(default_factory=dict)
    """Entries that it may read and give new values."""
    keys: Mapping[DataClass, Input[str]] = field(default_factory=dict)
    copies: Mapping[Zone, Input[str]] = field(default_factory=dict)
    """Copies of zones in the fail-over region, and the keys there."""
    copy_keys: Mapping[DataClass, Input[str]] = field(default_factory=dict)
    functions: Mapping[str, Input[str]] = field(default_factory=dict)
    """Functions that it may start."""


@dataclass(frozen=True)
class IdentityOutputs:
    """Who the workload is."""

    principal: Output[str]
    """As policies name it: role ARN, service account's e-mail, principal id."""
    name: Output[str]
    """As the services that run it ask for it."""


def classes(environment: Environment, access: tuple[Access, ...], *, written: bool = False) -> set[DataClass]:
    """The classes of data that a workload meets in these zones; with `written`, those that it writes."""
    zones = environment.storage.zones
    return {zones[item.zone].data_class for item in access if item.right.writes or not written}


def keys_used(environment: Environment, workload: Workload, *, written: bool = False) -> set[DataClass]:
    """The classes whose keys a workload needs; with `written`, those that it encrypts with."""
    # Credentials of sources are restricted, whatever they open.
    touched = workload.rotates_sources or (workload.reads_sources and not written)
    secrets = {DataClass.RESTRICTED} if touched else set()
    usual = {environment.data_classification} if workload.usual_key else set()
    return classes(environment, workload.access, written=written) | secrets | usual


def copy_keys_used(environment: Environment, workload: Workload, *, written: bool = False) -> set[DataClass]:
    """The same, of the keys in the fail-over region."""
    # The service copies a new credential there under the identity that has put it in.
    secrets = {DataClass.RESTRICTED} if workload.rotates_sources else set()
    return classes(environment, workload.copies, written=written) | secrets


def of_sources(environment: Environment, entries: Mapping[str, Input[str]]) -> dict[str, Input[str]]:
    """Of the entries of the secrets service, those that hold a source system's credentials."""
    wanted = {source.secret for source in environment.sources.values()}
    return {entry: identifier for entry, identifier in entries.items() if entry in wanted}
