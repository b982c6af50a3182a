"""CI's identity: GitHub's jobs take a role to plan and another to apply, without a secret anywhere."""

from __future__ import annotations

from environments.model import Environment
from environments.naming import tags
from environments.vocabulary import ManagedBy
from stacks.bootstrap import workloads
from stacks.bootstrap.cdk import Made, Program
from stacks.bootstrap.documents import Statement, document, trust
from stacks.bootstrap.keys import Keys
from stacks.bootstrap.names import GITHUB, Names
from stacks.bootstrap.rights import Rights

# An apply waits for managed services: Airflow alone takes half an hour.
APPLY_SECONDS = 7200
PLAN_SECONDS = 3600


def make(program: Program, environment: Environment, keys: Keys) -> None:
    """The provider, both roles, and the boundaries that hold them and the roles that they make."""
    names, rights = Names(environment), Rights(environment, keys)
    labels = tags(environment, managed_by=ManagedBy.TERRAFORM)
    if not environment.ci.account_knows_github:
        program.make(
            "aws_iam_openid_connect_provider",
            "github",
            url=f"https://{GITHUB}",
            client_id_list=["sts.amazonaws.com"],
            tags=labels,
        )
    boundary = program.make(
        "aws_iam_policy",
        "ci-boundary",
        name=names.ci_boundary,
        description=f"The most that CI may ever do in {environment.name}",
        policy=document(*rights.most()),
        tags=labels,
    )
    workload_boundary = program.make(
        "aws_iam_policy",
        "workload-boundary",
        name=names.workload_boundary,
        description=f"The most that a role of the platform may ever do in {environment.name}",
        policy=document(*workloads.most(environment, keys)),
        tags=labels,
    )
    # The platform's stack names it by its ARN, which it knows from the environment.
    program.set("output.role_boundary", {"value": workload_boundary.output("arn")})
    never = program.make(
        "aws_iam_policy",
        "ci-never",
        name=names.ci_never,
        description=f"What CI can never do in {environment.name}",
        policy=document(*rights.never()),
        tags=labels,
    )
    plan = _role(program, environment, boundary, "plan", PLAN_SECONDS)
    apply = _role(program, environment, boundary, "apply", APPLY_SECONDS)
    for role in (plan, apply):
        program.make(
            "aws_iam_role_policy_attachment",
            f"{role.name}-never",
            role=role.output("name"),
            policy_arn=never.output("arn"),
        )
    for role, part, statements in (
        (plan, "plan-state", rights.plan_state()),
        (plan, "plan-platform", rights.plan_platform()),
        (apply, "apply-state", rights.apply_state()),
        (apply, "apply-platform", rights.apply_platform()),
    ):
        _grant(program, role, part, statements)


def _role(program: Program, environment: Environment, boundary: Made, part: str, seconds: int) -> Made:
    names = Names(environment)
    name, where = {
        "plan": (names.plan_role, names.plan_environment),
        "apply": (names.apply_role, names.apply_environment),
    }[part]
    return program.make(
        "aws_iam_role",
        part,
        name=name,
        description=f"CI of {environment.ci.repository}: {part} in {environment.name}",
        assume_role_policy=document(
            trust(
                "GitHub",
                {"Federated": f"arn:aws:iam::{environment.account}:oidc-provider/{GITHUB}"},
                "sts:AssumeRoleWithWebIdentity",
                {
                    "StringEquals": {
                        f"{GITHUB}:aud": "sts.amazonaws.com",
                        f"{GITHUB}:sub": environment.ci.subject(where),
                        # The subject of a job with an environment names no branch; STS has looked at this
                        # claim of GitHub's since January 2026.
                        f"{GITHUB}:ref": f"refs/heads/{environment.ci.branch}",
                    }
                },
            )
        ),
        permissions_boundary=boundary.output("arn"),
        max_session_duration=seconds,
        tags=tags(environment, managed_by=ManagedBy.TERRAFORM),
        # IAM refuses a trust in a provider that is not there yet.
        depends_on=None
        if environment.ci.account_knows_github
        else ["aws_iam_openid_connect_provider.github"],
    )


def _grant(program: Program, role: Made, part: str, statements: list[Statement]) -> None:
    program.make(
        "aws_iam_role_policy", part, name=part, role=role.output("name"), policy=document(*statements)
    )
