"""What is kept, for how long, under which key, and how it is backed up."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from environments.manifest import Zone
from environments.part import Days, Part
from environments.vocabulary import DataClass, Frequency

# S3 refuses a transition to infrequent access before the 30th day.
DaysToColder = Annotated[int, Field(ge=30, le=36500)]


class Lifecycle(Part):
    """When objects move to colder storage and when they go; null means never. Days count from creation."""

    infrequent_access_after_days: DaysToColder | None = Field(
        description="Days until objects move to infrequent access (Nearline, Cool); null for never."
    )
    glacier_after_days: DaysToColder | None = Field(
        description="Days until objects move to Glacier (Coldline, Cold); null for never."
    )
    deep_archive_after_days: DaysToColder | None = Field(
        description="Days until objects move to the deepest archive; null for never."
    )
    expire_after_days: Days | None = Field(description="Days until objects are deleted; null for never.")
    noncurrent_expire_after_days: Days | None = Field(
        description="Days until a replaced or deleted version is removed for good; null for never."
    )
    abort_incomplete_upload_after_days: Days = Field(
        description="Days until the parts of an upload that never ended are removed."
    )


class StorageZone(Part):
    """One storage zone: a bucket, or a container."""

    data_class: DataClass = Field(description="The most sensitive class of data that the zone may hold.")
    versioned: bool = Field(description="Whether replaced and deleted objects are kept as versions.")
    lock_days: int = Field(
        ge=0, le=36500, description="Days during which nobody can delete a new object; 0 for no object lock."
    )
    replicated: bool = Field(description="Whether the zone is copied to the fail-over region.")
    lifecycle: Lifecycle = Field(description="When objects get colder and when they go.")


class Storage(Part):
    """The storage zones."""

    archive_prefix_glacier_after_days: DaysToColder = Field(
        description="Days until objects under the prefix `archive/` of any zone move to Glacier."
    )
    replication_within_15_minutes: bool = Field(
        description="Whether the service promises that copies are in the fail-over region within 15 minutes."
    )
    zones: dict[Zone, StorageZone] = Field(description="The storage zones by name.")


class BackupPlan(Part):
    """How one class of data is backed up."""

    every_hours: int = Field(ge=1, le=168, description="Hours from one backup to the next.")
    keep_days: Days = Field(description="Days that a backup is kept.")
    cold_after_days: Days | None = Field(
        description="Days until a backup moves to cold storage, for 90 days or more; null for never."
    )
    copy_keep_days: Days | None = Field(
        description="Days that the copy in the fail-over region is kept; null for no copy."
    )


class Backup(Part):
    """Backup vaults and plans."""

    vault_locked: bool = Field(description="Whether nobody, the owner included, can shorten a backup's life.")
    vault_lock_grace_days: int = Field(
        ge=3,  # what AWS Backup asks for at least
        le=365,
        description="Days for which a new lock can still be taken off; after that nobody can.",
    )
    restore_tests: Frequency = Field(
        description="How often backups are restored to a place of their own, to prove that they can be."
    )
    metadata_export_minutes: int = Field(
        ge=5,
        le=59,
        description="Minutes between exports of Airflow's metadata; the recovery point is under an hour.",
    )
    plans: dict[DataClass, BackupPlan] = Field(
        description="Backup plan by data class; a class without one is not backed up."
    )


class Encryption(Part):
    """Customer-managed keys."""

    customer_key_for: tuple[DataClass, ...] = Field(
        min_length=1, description="Data classes that each get a customer-managed key of their own."
    )
    rotation_days: int = Field(ge=90, le=2560, description="Days after which a key is rotated.")
    deletion_window_days: int = Field(
        ge=7,
        le=30,
        description="Days between the order to delete a key and its end, in which it can be saved.",
    )
