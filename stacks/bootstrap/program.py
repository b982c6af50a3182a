"""What Pulumi needs before it can run on AWS: a table of contents; the files beside it say the rest."""

from __future__ import annotations

from environments.model import Environment
from stacks.bootstrap import budget, ci, keys, state
from stacks.bootstrap.cdk import Program
from stacks.bootstrap.names import Names

TERRAFORM = ">= 1.10, < 2.0"  # the first whose S3 backend locks without a table
PROVIDER = "5.100.0"


def describe(environment: Environment, endpoint: str | None = None) -> Program:
    """The program of one environment.

    Args:
        environment: on AWS.
        endpoint: the URL of a server that plays AWS, if not AWS itself.
    """
    program = Program(environment.name)
    program.set("terraform.required_version", TERRAFORM)
    program.set("terraform.required_providers.aws", {"source": "hashicorp/aws", "version": PROVIDER})
    # In the account that the environment names and in no other, whatever the shell's credentials say.
    common: dict[str, object] = {"allowed_account_ids": [environment.account]}
    if endpoint:
        common |= {"s3_use_path_style": True}  # its name has no subdomain for each bucket
    program.set(
        "provider.aws",
        [
            {"region": environment.region, **common},
            {"alias": "failover", "region": environment.failover_region, **common},
        ],
    )
    both = keys.make(program, environment)
    state.make(program, environment, both)
    ci.make(program, environment, both)
    budget.make(program, environment, both)
    for name, value in Names(environment, endpoint).for_ci().items():
        program.set(f"output.{name.lower()}", {"value": value})
    return program
