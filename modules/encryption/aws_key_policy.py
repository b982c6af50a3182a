"""Who may do what with a key on AWS. In a key's policy the resource `*` is the key itself, as KMS wants it.

Everyone is named by a condition on the account and not as the principal: KMS refuses a principal that is not there
yet, forgets one that is made anew under the same name, and asks besides that the role's own policy allows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pulumi import Input, Output

from environments.model import Environment
from environments.naming import uncut_name
from environments.vocabulary import DataClass
from modules.identity.aws_trust import ci_role_arn

# Settings, which a preview reads. Whoever may, his own policy says.
INSPECTION = (
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
)
# Nothing here encrypts or decrypts, and nothing lets someone else do so.
ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
USE = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")
# S3 copies to another region: it decrypts where an object is and encrypts where its copy goes.
COPY = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
# Backup moves recovery points between keys.
KEEP = (*USE, "kms:Encrypt", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo")
USE_BY_LOGS = (*USE, "kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo")
# These encrypt what they are set up with under the identity of whoever sets them up.
SET_UP_SERVICES = ("lambda", "scheduler")
SET_UP = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
# They put messages into encrypted topics, queues and buses: alarms, events, notices of buckets and of backups.
SENDERS = ("backup", "cloudwatch", "events", "s3", "sns")


@dataclass(frozen=True)
class Users:
    """Who may use one key, in one region."""

    region: str
    workloads: Sequence[Input[str]] = ()
    keepers: Sequence[Input[str]] = ()
    copiers: Sequence[Input[str]] = ()
    services: tuple[str, ...] = ("s3",)
    """Through which workloads reach it, never with data of their own."""
    platform_services: bool = False
    """Whether log groups and what sends messages use it too."""


def users_of(environment: Environment, data_class: DataClass, **named: Any) -> Users:
    """Who uses the key of a class in the environment's own region."""
    common = data_class is environment.data_classification
    services = services_of(data_class)
    if common:
        # Queues, Airflow's among them; variables of functions; what a schedule says.
        services += ("sqs", *SET_UP_SERVICES)
    return Users(environment.region, services=services, platform_services=common, **named)


def services_of(data_class: DataClass) -> tuple[str, ...]:
    """Through which services the data of a class is reached, in either region."""
    return ("s3", "secretsmanager") if data_class is DataClass.RESTRICTED else ("s3",)


def key_policy(environment: Environment, users: Users) -> Output[str]:
    """The policy of a key."""
    run = {"ArnLike": {"aws:PrincipalArn": administrators(environment)}}
    by_services = {
        "Bool": {"kms:GrantIsForAWSResource": "true"},
        "StringEquals": {"kms:CallerAccount": environment.account},
    }
    statements = [
        _account(environment, "Inspection", INSPECTION, {}),
        _account(environment, "Administration", ADMINISTRATION, run),
        # What keeps data under a key by itself, such as Airflow's database, is granted it when it is set up: by a
        # service on behalf of who sets it up, never by hand.
        _account(environment, "GrantsToServices", ("kms:CreateGrant",), {**run, **by_services}),
    ]
    if users.workloads:
        statements.append(_users(environment, users, "Use", USE, users.workloads, users.services))
    if users.keepers:
        through = ("backup", "s3")
        statements.append(_users(environment, users, "Keep", KEEP, users.keepers, through))
        grant = _users(environment, users, "KeepByGrant", ("kms:CreateGrant",), users.keepers, through)
        grant["Condition"]["Bool"] = {"kms:GrantIsForAWSResource": "true"}
        statements.append(grant)
    if users.copiers:
        statements.append(_users(environment, users, "Copy", COPY, users.copiers, ("s3",)))
    if users.platform_services:
        statements += [*_services(environment), _deployers(environment, users.region)]
    return Output.json_dumps({"Version": "2012-10-17", "Statement": statements})


def administrators(environment: Environment) -> list[str]:
    """Who runs keys: CI's role that applies the platform, people who sign in for it, the root user.

    The root user is among them because AWS warns of a key that nobody is left to run once its administrators
    are gone; like them, it cannot use one.
    """
    account = f"arn:aws:iam::{environment.account}"
    people = f"{environment.project}-administrators"
    return [
        f"{account}:root",
        ci_role_arn(environment, "apply"),
        f"{account}:role/{people}",
        # A permission set of that name, of IAM Identity Center.
        f"{account}:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_{people}_*",
    ]


def _deployers(environment: Environment, region: str) -> dict[str, Any]:
    """CI sets functions and schedules up under this key, and reads back what it wrote; nothing else through it."""
    deployer = [ci_role_arn(environment, "apply")]
    return _users(environment, Users(region), "SetUp", SET_UP, deployer, SET_UP_SERVICES)


def _users(
    environment: Environment,
    users: Users,
    sid: str,
    actions: tuple[str, ...],
    principals: Sequence[Input[str]],
    services: tuple[str, ...],
) -> dict[str, Any]:
    through = [f"{service}.{users.region}.amazonaws.com" for service in services]
    return _account(
        environment,
        sid,
        actions,
        {
            "ArnEquals": {"aws:PrincipalArn": list(principals)},
            "StringEquals": {"kms:CallerAccount": environment.account, "kms:ViaService": through},
        },
    )


def _account(
    environment: Environment, sid: str, actions: tuple[str, ...], condition: dict[str, Any]
) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{environment.account}:root"},
        "Action": list(actions),
        "Resource": "*",
    }
    return {**statement, "Condition": condition} if condition else statement


def _services(environment: Environment) -> list[dict[str, Any]]:
    own = uncut_name(environment, "").removesuffix("-")
    logs = f"arn:aws:logs:{environment.region}:{environment.account}:log-group:"
    return [
        {
            "Sid": "LogGroups",
            "Effect": "Allow",
            "Principal": {"Service": f"logs.{environment.region}.amazonaws.com"},
            "Action": list(USE_BY_LOGS),
            "Resource": "*",
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"{logs}{own}-*"}},
        },
        {
            "Sid": "Messages",
            "Effect": "Allow",
            "Principal": {"Service": [f"{sender}.amazonaws.com" for sender in SENDERS]},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceAccount": environment.account}},
        },
    ]
