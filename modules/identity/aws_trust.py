"""Who may take the roles of workloads on AWS: the service that runs one, for a thing of this environment.

A service could be sent here by a stranger whom it serves too; it says for which account and thing it acts, and
the trust asks for ours. Not every service is documented to say so when it takes a role: there the question is put
only if it does, because a role that nobody can take helps nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from environments.model import Environment
from environments.naming import physical_name, uncut_name

# IAM's own.
ROLE_NAME_LIMIT = 64


@dataclass(frozen=True)
class ByService:
    """Services that may take a role."""

    services: tuple[str, ...]
    source: str
    """The things that they act for: an ARN with `{region}`, `{account}` and `{own}`, the environment's names."""
    says_so: bool = False
    """Whether AWS documents that the service names account and thing."""


@dataclass(frozen=True)
class ByCi:
    """CI's roles that may take a role; `stacks/bootstrap` makes them."""

    parts: tuple[str, ...]


Trust = ByService | ByCi

FUNCTION = ByService(("lambda.amazonaws.com",), "arn:aws:lambda:{region}:{account}:function:{own}-*")
TRUST: Mapping[str, Trust] = {
    "orchestrator": ByService(
        ("airflow-env.amazonaws.com", "airflow.amazonaws.com"),
        "arn:aws:airflow:{region}:{account}:environment/{own}-*",
        says_so=True,
    ),
    # An application has no name in its ARN, only an id.
    "spark": ByService(
        ("emr-serverless.amazonaws.com",),
        "arn:aws:emr-serverless:{region}:{account}:/applications/*",
        says_so=True,
    ),
    "crawler": ByService(("glue.amazonaws.com",), "arn:aws:glue:{region}:{account}:crawler/{own}-*"),
    "backup": ByService(("backup.amazonaws.com",), "arn:aws:backup:*:{account}:*"),
    "restore": ByService(("backup.amazonaws.com",), "arn:aws:backup:*:{account}:*"),
    "replication": ByService(("s3.amazonaws.com",), "arn:aws:s3:::{own}-*"),
    "metadata-export": FUNCTION,
    "metadata-schedule": ByService(
        ("scheduler.amazonaws.com",),
        "arn:aws:scheduler:{region}:{account}:schedule-group/{own}-*",
        says_so=True,
    ),
    "secret-rotation": FUNCTION,
    "deployer": ByCi(("apply",)),
    "ci": ByCi(("plan", "apply")),
}


def trust_statement(environment: Environment, trust: Trust) -> dict[str, Any]:
    """The one statement of a role's trust policy."""
    if isinstance(trust, ByCi):
        return {
            "Effect": "Allow",
            # They are there: the bootstrap makes them before Pulumi can run.
            "Principal": {"AWS": [ci_role_arn(environment, part) for part in trust.parts]},
            "Action": "sts:AssumeRole",
        }
    source = trust.source.format(
        region=environment.region,
        account=environment.account,
        own=uncut_name(environment, "").removesuffix("-"),
    )
    kind = "" if trust.says_so else "IfExists"
    return {
        "Effect": "Allow",
        "Principal": {"Service": list(trust.services)},
        "Action": "sts:AssumeRole",
        "Condition": {
            f"StringEquals{kind}": {"aws:SourceAccount": environment.account},
            f"ArnLike{kind}": {"aws:SourceArn": source},
        },
    }


def role_name(environment: Environment, workload: str) -> str:
    """What IAM knows a workload's role by."""
    return physical_name(environment, "identity", workload, limit=ROLE_NAME_LIMIT)


def role_arn(environment: Environment, workload: str) -> str:
    """A workload's role, for policies that must name it before it is there."""
    return f"arn:aws:iam::{environment.account}:role/{role_name(environment, workload)}"


def ci_role_arn(environment: Environment, part: str) -> str:
    """CI's role to `plan` or to `apply`."""
    name = physical_name(environment, "ci", part, limit=ROLE_NAME_LIMIT)
    return f"arn:aws:iam::{environment.account}:role/{name}"
