"""What may pass through the endpoints of an AWS network: our principals, to resources of our account.

A stolen key of another account, used in here, is refused at the endpoint; and so is a copy to a stranger's bucket.
Policies of roles say who may do what; these say what can be done at all. The exceptions are AWS's own: MWAA runs
in accounts of AWS, takes its image from there and has its queue there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi import Output

from environments.model import Environment

S3 = "s3"

# What is called through each endpoint, on resources that have an owner.
ACTIONS: Mapping[str, tuple[str, ...]] = {
    S3: (
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:GetAccountPublicAccessBlock",  # MWAA asks, of the bucket that it is given
        "s3:GetBucketLocation",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:ListBucket",
        "s3:PutObject",
    ),
    "secretsmanager": (
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
    ),
    "kms": (
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    ),
    "sts": ("sts:AssumeRole",),
    "logs": (
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
        "logs:GetLogEvents",
        "logs:GetLogGroupFields",
        "logs:GetLogRecord",
        "logs:PutLogEvents",
    ),
    "sqs": (
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
    ),
    "airflow.api": ("airflow:GetEnvironment",),
    "airflow.env": ("airflow:CreateCliToken", "airflow:CreateWebLoginToken", "airflow:InvokeRestApi"),
    "airflow.ops": ("airflow:PublishMetrics",),
}
# What has no resource, and so no owner that a condition could ask for.
WITHOUT_A_RESOURCE: Mapping[str, tuple[str, ...]] = {
    "secretsmanager": ("secretsmanager:GetRandomPassword",),
    "sts": ("sts:GetCallerIdentity",),
    "monitoring": ("cloudwatch:GetMetricData", "cloudwatch:PutMetricData"),
}
PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def endpoint_policy(environment: Environment, service: str) -> Output[str]:
    """The policy of a service's endpoint.

    Raises:
        KeyError: nobody has said what is called through this one.
    """
    own = {"aws:PrincipalAccount": environment.account}
    statements = []
    if service in ACTIONS:
        conditions = {**own, "aws:ResourceAccount": environment.account}
        statements.append(_allow("OwnResources", ACTIONS[service], "*", conditions))
    if service in WITHOUT_A_RESOURCE:
        statements.append(_allow("OwnPrincipals", WITHOUT_A_RESOURCE[service], "*", own))
    statements += _of_aws(environment, service)
    if not statements:
        raise KeyError(service)
    return Output.json_dumps({"Version": "2012-10-17", "Statement": statements})


def _of_aws(environment: Environment, service: str) -> list[dict[str, Any]]:
    """What leads to AWS's own accounts, each with the reason why it must."""
    region = environment.region
    own = {"aws:PrincipalAccount": environment.account}
    if service == S3:
        # Layers of images, the ones of AWS included, lie in this bucket; ECR hands out signed addresses of it.
        return [
            _allow("ImageLayers", ("s3:GetObject",), f"arn:aws:s3:::prod-{region}-starport-layer-bucket/*")
        ]
    if service == "sqs":
        # Airflow's workers take their tasks from a queue in MWAA's account. (MWAA guide, execution role.)
        return [_allow("TasksOfAirflow", ACTIONS["sqs"], f"arn:aws:sqs:{region}:*:airflow-celery-*", own)]
    if service in ("ecr.api", "ecr.dkr"):
        # MWAA's containers start in our subnets, pulled by a role of AWS's account. Nothing can be pushed.
        return [
            _allow("Login", ("ecr:GetAuthorizationToken",), "*"),
            _allow("Pull", PULL, f"arn:aws:ecr:{region}:*:repository/*"),
        ]
    return []


def _allow(
    sid: str, actions: tuple[str, ...], resource: str, equal: Mapping[str, str] | None = None
) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": "*",
        "Action": list(actions),
        "Resource": resource,
    }
    return {**statement, "Condition": {"StringEquals": dict(equal)}} if equal else statement
