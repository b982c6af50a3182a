"""Plans on AWS: when a class of data is backed up, for how long it is kept, and where a copy goes."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi_aws as aws
from pulumi import Input, Resource, ResourceOptions

from environments.model import Environment
from environments.naming import physical_name, tags
from environments.storage import BackupPlan
from environments.vocabulary import DataClass, Tag
from modules.backup.spec import continuous_days

# At night, between the runs of one day and of the next.
HOUR = 2
# Of plans and selections, by the service.
NAME_LIMIT = 50
# Minutes after which a backup that could not start is reported as failed.
START_WINDOW = 60


def plan(
    environment: Environment,
    data_class: DataClass,
    target: aws.backup.Vault,
    copy: aws.backup.Vault | None,
    parent: Resource,
) -> aws.backup.Plan:
    """Makes the plan of a class: backups as often as it says and, of what can be, of every second."""
    settings = environment.backup.plans[data_class]
    return aws.backup.Plan(
        f"{data_class}-plan",
        name=physical_name(environment, "backup", str(data_class), limit=NAME_LIMIT),
        rules=[
            _periodic(settings, target, copy),
            {
                "rule_name": "continuous",
                "target_vault_name": target.name,
                "schedule": schedule(settings.every_hours),
                "start_window": START_WINDOW,
                # S3, and databases that keep a log; of others it makes one backup more, which costs the difference.
                "enable_continuous_backup": True,
                "lifecycle": {"delete_after": continuous_days(settings)},
            },
        ],
        tags=tags(environment, data_classification=data_class),
        opts=ResourceOptions(parent=parent),
    )


def select(
    environment: Environment,
    data_class: DataClass,
    made: aws.backup.Plan,
    keeper: Input[str],
    left_out: Sequence[Input[str]],
    parent: Resource,
) -> None:
    """Puts what is tagged with the class in this environment under its plan; not what is left out, by ARN."""
    wanted = {
        Tag.PROJECT: environment.project,
        Tag.ENVIRONMENT: environment.name,
        Tag.DATA_CLASSIFICATION: str(data_class),
    }
    aws.backup.Selection(
        f"{data_class}-selection",
        name=physical_name(environment, "backup", str(data_class), limit=NAME_LIMIT),
        plan_id=made.id,
        iam_role_arn=keeper,
        resources=["*"],
        not_resources=list(left_out),
        # All of them must hold; tags by themselves would be any of them.
        conditions=[
            {
                "string_equals": [
                    {"key": f"aws:ResourceTag/{tag}", "value": value} for tag, value in wanted.items()
                ]
            }
        ],
        opts=ResourceOptions(parent=parent),
    )


def schedule(every_hours: int) -> str:
    """AWS's cron expression, in UTC.

    Raises:
        ValueError: no expression keeps to so many hours; the environment's checks accept none such.
    """
    if every_hours == 168:
        return f"cron(0 {HOUR} ? * SUN *)"
    if every_hours == 24:
        return f"cron(0 {HOUR} ? * * *)"
    if every_hours < 1 or 24 % every_hours:
        raise ValueError(f"every {every_hours} hours")
    return f"cron(0 {HOUR % every_hours}/{every_hours} ? * * *)"


def _periodic(
    settings: BackupPlan, target: aws.backup.Vault, copy: aws.backup.Vault | None
) -> aws.backup.PlanRuleArgsDict:
    lifecycle: aws.backup.PlanRuleLifecycleArgsDict = {"delete_after": settings.keep_days}
    if settings.cold_after_days is not None:
        # Kinds of resources without cold storage, S3 among them, stay warm: AWS Backup passes over it.
        lifecycle["cold_storage_after"] = settings.cold_after_days
    rule: aws.backup.PlanRuleArgsDict = {
        "rule_name": "periodic",
        "target_vault_name": target.name,
        "schedule": schedule(settings.every_hours),
        "start_window": START_WINDOW,
        "lifecycle": lifecycle,
    }
    if copy is not None:
        rule["copy_actions"] = [
            {
                "destination_vault_arn": copy.arn,
                "lifecycle": {"delete_after": settings.copy_keep_days},
            }
        ]
    return rule
