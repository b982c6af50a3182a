"""One function on AWS, whole: its archive, its log group, its queue of dead letters, and what running takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import Input, Output, Resource, ResourceOptions

from environments.model import Environment
from environments.naming import physical_name, tags
from modules.functions.package import LAMBDA, build
from modules.identity.spec import IdentityOutputs
from modules.network.aws_flow_logs import retention

NAME_LIMIT = 64
RUNTIME = f"python{LAMBDA.python[0]}.{LAMBDA.python[1]}"
ARCHITECTURE = {"aarch64": "arm64", "x86_64": "x86_64"}[LAMBDA.machine]
# Lambda's own most.
LONGEST_SECONDS = 900


@dataclass(frozen=True)
class Place:
    """Where in the network a function runs."""

    subnets: Sequence[Input[str]]
    group: Input[str]


@dataclass(frozen=True)
class FunctionSettings:
    """What differs from one function to the next."""

    handler: str
    """Its folder under `handlers/`."""
    does: str
    identity: IdentityOutputs
    place: Place
    key: Input[str]
    """What its variables, its log and its dead letters are encrypted with; its identity has the right to use it."""
    variables: Mapping[str, Input[str]] = field(default_factory=dict)
    seconds: int = 60
    megabytes: int = 256
    at_once: int = 1
    """Events that are handled at the same time; more wait."""
    tries_again: int = 2
    """Times that the service tries an event again before it becomes a dead letter."""
    waits_seconds: int = 3600
    """Age at which an event that could not be tried becomes a dead letter."""


class AwsFunction:
    """A function in the network, as children of one component. Its role must be there, its rights need not."""

    def __init__(self, environment: Environment, settings: FunctionSettings, parent: Resource) -> None:
        self._environment = environment
        self._settings = settings
        self._inside = ResourceOptions(parent=parent)
        self._word = settings.handler.replace("_", "-")
        self.name = physical_name(environment, "functions", self._word, limit=NAME_LIMIT)
        self.log_group = self._log_group()
        self.dead_letters = self._queue()
        access = self._access()
        self.resource = self._function(access)
        aws.lambda_.FunctionEventInvokeConfig(
            f"{self._word}-tries",
            function_name=self.resource.name,
            maximum_retry_attempts=settings.tries_again,
            maximum_event_age_in_seconds=settings.waits_seconds,
            opts=self._inside,
        )
        self.arn: Output[str] = self.resource.arn

    def _log_group(self) -> aws.cloudwatch.LogGroup:
        environment = self._environment
        return aws.cloudwatch.LogGroup(
            f"{self._word}-logs",
            name=self.name,
            retention_in_days=retention(environment.network.flow_log_retention_days),
            kms_key_id=self._settings.key,
            tags=tags(environment),
            opts=self._inside,
        )

    def _queue(self) -> aws.sqs.Queue:
        environment = self._environment
        return aws.sqs.Queue(
            f"{self._word}-dead-letters",
            name=physical_name(environment, "functions", f"{self._word}-dead-letters"),
            message_retention_seconds=environment.events.message_retention_days * 86400,
            kms_master_key_id=self._settings.key,
            kms_data_key_reuse_period_seconds=3600,
            tags=tags(environment),
            opts=self._inside,
        )

    def _access(self) -> aws.iam.RolePolicy:
        """What any function may: write its log, trace, bury its dead, and stand in its subnets."""
        environment, settings = self._environment, self._settings
        place = f"arn:aws:ec2:{environment.region}:{environment.account}"
        interfaces = f"{place}:network-interface/*"
        statements = [
            _allow(
                "Log",
                ("logs:CreateLogStream", "logs:PutLogEvents"),
                [Output.concat(self.log_group.arn, ":*")],
            ),
            _allow("Trace", ("xray:PutTelemetryRecords", "xray:PutTraceSegments"), ["*"]),
            _allow("DeadLetters", ("sqs:SendMessage",), [self.dead_letters.arn]),
            # Lambda asks for these as the function's role when it puts it into the network.
            _allow("SeeInterfaces", ("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"), ["*"]),
            _allow(
                "MakeInterfaces",
                ("ec2:CreateNetworkInterface",),
                [
                    interfaces,
                    *(Output.concat(f"{place}:subnet/", subnet) for subnet in settings.place.subnets),
                    Output.concat(f"{place}:security-group/", settings.place.group),
                ],
            ),
            _allow(
                "UseInterfaces",
                (
                    "ec2:AssignPrivateIpAddresses",
                    "ec2:DeleteNetworkInterface",
                    "ec2:UnassignPrivateIpAddresses",
                ),
                [interfaces],
            ),
        ]
        return aws.iam.RolePolicy(
            f"{self._word}-running",
            name=physical_name(environment, "functions", "running"),
            role=settings.identity.name,
            policy=Output.json_dumps({"Version": "2012-10-17", "Statement": statements}),
            opts=self._inside,
        )

    def _function(self, access: aws.iam.RolePolicy) -> aws.lambda_.Function:
        environment, settings = self._environment, self._settings
        archive = build(settings.handler)
        return aws.lambda_.Function(
            self._word,
            name=self.name,
            description=settings.does,
            role=settings.identity.principal,
            runtime=RUNTIME,
            architectures=[ARCHITECTURE],
            handler=archive.entry,
            code=pulumi.FileArchive(str(archive.write())),
            source_code_hash=archive.source_code_hash,
            memory_size=settings.megabytes,
            timeout=settings.seconds,
            reserved_concurrent_executions=settings.at_once,
            environment={"variables": dict(settings.variables)},
            kms_key_arn=settings.key,
            dead_letter_config={"target_arn": self.dead_letters.arn},
            logging_config={"log_format": "JSON", "log_group": self.log_group.name},
            tracing_config={"mode": "Active"},
            vpc_config={
                "subnet_ids": list(settings.place.subnets),
                "security_group_ids": [settings.place.group],
            },
            tags=tags(environment),
            opts=ResourceOptions.merge(self._inside, ResourceOptions(depends_on=[access])),
        )


def _allow(sid: str, actions: tuple[str, ...], resources: Sequence[Input[str]]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
