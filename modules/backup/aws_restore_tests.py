"""Restore tests on AWS: a backup that nobody has restored is a hope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi_aws as aws
from pulumi import Input, Resource, ResourceOptions

from environments.model import Environment
from environments.naming import physical_name, tags
from environments.vocabulary import Frequency, Tag

# The service's own limit; it takes letters, digits and underscores.
NAME_LIMIT = 50
# In the morning, after the night's backups: on Sundays, on the first of the month.
SCHEDULES: Mapping[Frequency, str] = {
    Frequency.WEEKLY: "cron(0 6 ? * SUN *)",
    Frequency.MONTHLY: "cron(0 6 1 * ? *)",
}
# Recovery points of the last days, of which one is taken: what would be restored after an accident.
WINDOW_DAYS = 7
# Time for a person or a function to look at what was restored, before it is removed.
VALIDATION_HOURS = 4


def restore_tests(
    environment: Environment, restorer: Input[str], vaults: Sequence[Input[str]], parent: Resource
) -> None:
    """Has a backup of every bucket restored, as often as the environment says; of vaults by their ARNs."""
    frequency, inside = environment.backup.restore_tests, ResourceOptions(parent=parent)
    if frequency is Frequency.NEVER or not vaults:
        return
    plan = aws.backup.RestoreTestingPlan(
        "restore-tests",
        name=_name(environment, "restore-tests"),
        schedule_expression=SCHEDULES[frequency],
        start_window_hours=8,
        recovery_point_selection={
            "algorithm": "RANDOM_WITHIN_WINDOW",  # the latest would always be proven, and never another
            "include_vaults": list(vaults),
            "recovery_point_types": ["SNAPSHOT", "CONTINUOUS"],
            "selection_window_days": WINDOW_DAYS,
        },
        tags=tags(environment),
        opts=inside,
    )
    aws.backup.RestoreTestingSelection(
        "restore-tests-buckets",
        name=_name(environment, "buckets"),
        restore_testing_plan_name=plan.name,
        protected_resource_type="S3",
        iam_role_arn=restorer,
        # Without `protected_resource_arns`: the provider takes one of the two.
        protected_resource_conditions={
            "string_equals": [
                {"key": f"aws:ResourceTag/{Tag.PROJECT}", "value": environment.project},
                {"key": f"aws:ResourceTag/{Tag.ENVIRONMENT}", "value": environment.name},
            ]
        },
        validation_window_hours=VALIDATION_HOURS,
        opts=inside,
    )


def _name(environment: Environment, part: str) -> str:
    return physical_name(environment, "backup", part, limit=NAME_LIMIT, separator="_")
