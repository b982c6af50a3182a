"""Reports on AWS of every backup, copy and restore, each day, into a bucket: what auditors ask for."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
from pulumi import Input, Output, Resource, ResourceOptions

from environments.model import Environment
from environments.naming import physical_name, tags

PREFIX = "backup-reports"
TEMPLATES = ("BACKUP_JOB_REPORT", "COPY_JOB_REPORT", "RESTORE_JOB_REPORT")


class AwsReporter(pulumi.ComponentResource):
    """The role that AWS Backup writes reports with, one per account. Made before the bucket that lets it in."""

    principal: Output[str]

    def __init__(self, name: str, environment: Environment, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:backup:AwsReporter", name, None, opts)
        # AWS's own role with AWS's own rights. Named here, so that the bucket's policy can name it before the
        # first report; where the account has it already, it is imported (modules/backup/README.md).
        role = aws.iam.ServiceLinkedRole(
            "reports-role",
            aws_service_name="reports.backup.amazonaws.com",
            description="AWS Backup writes its reports",
            tags=tags(environment),
            opts=ResourceOptions(parent=self),
        )
        self.principal = role.arn
        self.register_outputs({})


def report_plans(environment: Environment, bucket: Input[str], parent: Resource) -> None:
    """Has AWS Backup write a report of each kind every day."""
    for template in TEMPLATES:
        word = template.removesuffix("_REPORT").lower().replace("_", "-")
        aws.backup.ReportPlan(
            f"{word}-report",
            name=physical_name(environment, "backup", word, separator="_"),
            description=f"every {word.replace('-', ' ')} of {environment.name}",
            report_setting={
                "report_template": template,
                "regions": [environment.region, environment.failover_region],
            },
            report_delivery_channel={
                "s3_bucket_name": bucket,
                "s3_key_prefix": PREFIX,
                "formats": ["CSV", "JSON"],
            },
            tags=tags(environment),
            opts=ResourceOptions(parent=parent),
        )
