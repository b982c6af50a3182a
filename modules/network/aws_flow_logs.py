"""Flow logs of a VPC: every connection, taken or refused, to a log group under a customer's key."""

from __future__ import annotations

import pulumi_aws as aws
from pulumi import Output, Resource, ResourceOptions

from environments.naming import physical_name, tags
from modules.network.spec import NetworkSpec

# What CloudWatch takes; a retention between two of them is rounded up.
RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922)
LONGEST = 3653


def flow_logs(spec: NetworkSpec, vpc: aws.ec2.Vpc, parent: Resource) -> None:
    """Makes the log group, the role that writes to it, and the flow log."""
    environment = spec.environment
    inside = ResourceOptions(parent=parent)
    group = aws.cloudwatch.LogGroup(
        "flow-log-group",
        name=physical_name(environment, "network", "flow-logs"),
        kms_key_id=spec.log_key,
        retention_in_days=retention(environment.network.flow_log_retention_days),
        tags=tags(environment),
        opts=inside,
    )
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": environment.account}},
    }
    role = aws.iam.Role(
        "flow-log-role",
        name=physical_name(environment, "network", "flow-logs"),
        description=f"Writes the flow logs of {environment.name}",
        assume_role_policy=Output.json_dumps({"Version": "2012-10-17", "Statement": [trust]}),
        permissions_boundary=spec.boundary,
        tags=tags(environment),
        opts=inside,
    )
    write = {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        "Resource": [group.arn, Output.concat(group.arn, ":log-stream:*")],
    }
    policy = aws.iam.RolePolicy(
        "flow-log-access",
        name=physical_name(environment, "network", "flow-logs"),
        role=role.name,
        policy=Output.json_dumps({"Version": "2012-10-17", "Statement": [write]}),
        opts=inside,
    )
    aws.ec2.FlowLog(
        "flow-log",
        vpc_id=vpc.id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=group.arn,
        iam_role_arn=role.arn,
        max_aggregation_interval=60,
        tags={**tags(environment), "Name": physical_name(environment, "network", "flow-logs")},
        opts=ResourceOptions.merge(inside, ResourceOptions(depends_on=[policy])),
    )


def retention(days: int) -> int:
    """The shortest retention that CloudWatch offers and that is long enough."""
    return next((offered for offered in RETENTION_DAYS if offered >= days), LONGEST)
