"""The workloads of a platform and their rights: data, so that a review reads a table and not code.

A right that is missing is an "access denied" in a task's log, with the action and the resource: add it here.
"""

from __future__ import annotations

from environments.manifest import Zone
from modules.identity.spec import Access, Right, Workload

# What a release's reader needs; anything else in that zone is CI's.
RELEASE_OBJECTS = ("releases/*", "platform/*", "CURRENT")

ORCHESTRATOR = Workload(
    "orchestrator",
    "runs Airflow: extracts, checks, submits, publishes",
    access=(
        Access(Zone.RAW, Right.ADD),  # evidence: nobody takes any away
        Access(Zone.CURATED, Right.READ),
        Access(Zone.CURATED, Right.ADD, ("_metrics/*",)),  # a record per run, written over by a repeated task
        Access(Zone.ARCHIVE, Right.ADD),
        Access(Zone.QUARANTINE, Right.REPLACE),  # a row leaves when it is repaired
        Access(
            Zone.ERRORS, Right.REPLACE
        ),  # a failure that could not be announced is taken back, to try again
        Access(Zone.RELEASES, Right.READ, RELEASE_OBJECTS),
    ),
    copies=(
        Access(Zone.RAW, Right.ADD),
    ),  # a pipeline verifies the copy of its batch, and makes what is missing
    reads_sources=True,
)
SPARK = Workload(
    "spark",
    "runs Spark jobs: curates what was extracted",
    access=(
        Access(Zone.RAW, Right.READ),
        Access(Zone.QUARANTINE, Right.READ),  # rows to leave out
        Access(Zone.CURATED, Right.REPLACE),  # backfills rewrite partitions
        Access(Zone.RELEASES, Right.READ, RELEASE_OBJECTS),
    ),
)
CRAWLER = Workload(
    "crawler",
    "finds tables for the catalog",
    access=(Access(Zone.CURATED, Right.READ),),
)
BACKUP = Workload(
    "backup",
    "backs up and copies to the fail-over region",
    access=tuple(Access(zone, Right.BACK_UP) for zone in Zone),
)
RESTORE = Workload("restore", "restores backups to places of their own, to prove that they can be")
DEPLOYER = Workload(
    "deployer",
    "ships releases",
    # Releases of long ago go; the pointer is written over.
    access=(Access(Zone.RELEASES, Right.REPLACE, ("releases/*", "CURRENT")),),
)
CI = Workload(
    "ci",
    "compares a change with what runs, and shows what failed since",
    access=(
        Access(Zone.RELEASES, Right.READ, RELEASE_OBJECTS),
        Access(Zone.ERRORS, Right.READ),
    ),
)
# What S3 asks of it is not a right in a zone: `modules/storage` gives it.
REPLICATION = Workload("replication", "copies zones to the fail-over region")
METADATA_EXPORT = Workload(
    "metadata-export",
    "exports what Airflow knows and nothing else holds",
    access=(
        Access(Zone.ARCHIVE, Right.ADD, ("airflow-metadata/*",)),
        Access(Zone.RELEASES, Right.READ, ("CURRENT",)),
    ),
    usual_key=True,
)
METADATA_SCHEDULE = Workload("metadata-schedule", "starts the export of Airflow's metadata", usual_key=True)
SECRET_ROTATION = Workload(
    "secret-rotation",
    "asks sources for new credentials and keeps them",
    rotates_sources=True,
    usual_key=True,
)
WORKLOADS = (
    *(ORCHESTRATOR, SPARK, CRAWLER, BACKUP, RESTORE, DEPLOYER, CI),
    *(REPLICATION, METADATA_EXPORT, METADATA_SCHEDULE, SECRET_ROTATION),
)

# On a cloud that has not been told apart yet: every pipeline, from Airflow's task to the Spark job.
PIPELINES = Workload(
    "pipelines",
    "runs every pipeline",
    access=(
        Access(Zone.RAW, Right.ADD),
        Access(Zone.CURATED, Right.REPLACE),
        Access(Zone.ARCHIVE, Right.ADD),
        Access(Zone.QUARANTINE, Right.REPLACE),
        Access(Zone.ERRORS, Right.REPLACE),
        Access(Zone.RELEASES, Right.READ, RELEASE_OBJECTS),
    ),
    reads_sources=True,
)
