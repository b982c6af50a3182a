"""The orchestrator's metadata on AWS: exported to the archive zone on a schedule, and missed when it is late.

MWAA keeps its database to itself and makes no backups of it that one could have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import Input, Output, ResourceOptions

from environments.manifest import Zone
from environments.model import Environment
from environments.naming import physical_name, tags
from environments.vocabulary import DataClass
from modules.functions.aws_function import LONGEST_SECONDS, AwsFunction, FunctionSettings, Place
from modules.identity.spec import IdentityOutputs

HANDLER = "metadata_export"
PREFIX = "airflow-metadata"
# Variables and connections are an operator's to see; Viewer and User are refused them.
AIRFLOW_ROLE = "Op"
# The recovery point that the platform promises, in seconds.
RECOVERY_POINT = 3600
NAME_LIMIT = 64


@dataclass(frozen=True)
class MetadataSpec:
    """What is exported, by whom, to where. How often is the environment's `backup.metadata_export_minutes`."""

    environment: Environment
    orchestrator: Input[str]
    """Name of the MWAA environment."""
    exporter: IdentityOutputs
    scheduler: IdentityOutputs
    place: Place
    """From where MWAA is reached."""
    zones: Mapping[Zone, Input[str]]
    """URIs."""
    keys: Mapping[DataClass, Input[str]]
    notices: Input[str]
    """The topic that is told when an export is late."""


class AwsMetadata(pulumi.ComponentResource):
    """The function, the schedule that starts it, and the alarm."""

    def __init__(self, name: str, spec: MetadataSpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:backup:AwsMetadata", name, None, opts)
        self._spec = spec
        self._inside = ResourceOptions(parent=self)
        environment = spec.environment
        self._key = spec.keys[environment.data_classification]
        self._function = AwsFunction(
            environment,
            FunctionSettings(
                handler=HANDLER,
                does="Exports Airflow's variables, connections and run history to the archive zone.",
                identity=spec.exporter,
                place=spec.place,
                key=self._key,
                variables={
                    "AIRFLOW_ENVIRONMENT": spec.orchestrator,
                    "ARCHIVE_PREFIX": PREFIX,
                    **self._zone(Zone.ARCHIVE),
                    **self._zone(Zone.RELEASES),
                },
                seconds=LONGEST_SECONDS,  # the first export, and the first after a stop, read a long history
                megabytes=512,
                # What waits longer is overtaken by the next export, which covers its time as well.
                waits_seconds=environment.backup.metadata_export_minutes * 60,
            ),
            parent=self,
        )
        self._ask_airflow()
        self._schedule()
        self._alarm()
        self.register_outputs({})

    def _zone(self, zone: Zone) -> dict[str, Input[str]]:
        """What the function is told of a zone, as `modules/functions/runtime/settings.py` reads it."""
        data_class = self._spec.environment.storage.zones[zone].data_class
        word = zone.value.upper()
        return {f"{word}_ZONE": self._spec.zones[zone], f"{word}_KEY": self._spec.keys[data_class]}

    def _ask_airflow(self) -> None:
        environment, spec = self._spec.environment, self._spec
        role = Output.concat(
            f"arn:aws:airflow:{environment.region}:{environment.account}:role/",
            spec.orchestrator,
            f"/{AIRFLOW_ROLE}",
        )
        self._allow(spec.exporter, "exporter-asks-airflow", _statement("airflow:InvokeRestApi", role))

    def _schedule(self) -> None:
        environment, spec = self._spec.environment, self._spec
        group = aws.scheduler.ScheduleGroup(
            "schedules",
            name=physical_name(environment, "backup", limit=NAME_LIMIT),
            tags=tags(environment),
            opts=self._inside,
        )
        self._allow(
            spec.scheduler,
            "scheduler-starts-export",
            _statement("lambda:InvokeFunction", self._function.arn),
            _statement("sqs:SendMessage", self._function.dead_letters.arn),
        )
        minutes = environment.backup.metadata_export_minutes
        aws.scheduler.Schedule(
            "metadata-schedule",
            name=physical_name(environment, "backup", "metadata", limit=NAME_LIMIT),
            description=f"exports Airflow's metadata of {environment.name}",
            group_name=group.name,
            schedule_expression=f"rate({minutes} minutes)",
            flexible_time_window={"mode": "OFF"},
            kms_key_arn=self._key,
            target={
                "arn": self._function.arn,
                "role_arn": spec.scheduler.principal,
                # The moment that was meant, also when it is delivered late or twice.
                "input": '{"scheduled_at": "<aws.scheduler.scheduled-time>"}',
                "dead_letter_config": {"arn": self._function.dead_letters.arn},
                "retry_policy": {"maximum_event_age_in_seconds": minutes * 60, "maximum_retry_attempts": 5},
            },
            opts=self._inside,
        )

    def _alarm(self) -> None:
        """Tells when for an hour no export went through, whatever the reason; also when none was tried."""
        environment, spec = self._spec.environment, self._spec
        aws.cloudwatch.MetricAlarm(
            "metadata-is-late",
            name=physical_name(environment, "backup", "metadata-is-late"),
            alarm_description="No export of Airflow's metadata for an hour: runs since then would be lost with it.",
            comparison_operator="LessThanThreshold",
            threshold=1,
            evaluation_periods=1,
            treat_missing_data="breaching",
            metric_queries=[
                self._count("tried", "Invocations"),
                self._count("failed", "Errors"),
                {
                    "id": "exported",
                    "expression": "tried - failed",
                    "label": "exports that went through",
                    "return_data": True,
                },
            ],
            alarm_actions=[spec.notices],
            ok_actions=[spec.notices],
            tags=tags(environment),
            opts=self._inside,
        )

    def _count(self, name: str, metric: str) -> aws.cloudwatch.MetricAlarmMetricQueryArgsDict:
        return {
            "id": name,
            "metric": {
                "metric_name": metric,
                "namespace": "AWS/Lambda",
                "period": RECOVERY_POINT,
                "stat": "Sum",
                "dimensions": {"FunctionName": self._function.name},
            },
        }

    def _allow(self, identity: IdentityOutputs, logical_name: str, *statements: dict[str, Any]) -> None:
        aws.iam.RolePolicy(
            logical_name,
            name=physical_name(self._spec.environment, "backup", logical_name),
            role=identity.name,
            policy=Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)}),
            opts=self._inside,
        )


def _statement(action: str, resource: Input[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}
