"""What is to be gated: our own environments, or any Pulumi Python program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from environments import policy
from environments.load import cloud_and_tier, load_these, names
from environments.model import Environment
from environments.places import ROOT
from environments.problems import Problem, Refusal
from environments.vocabulary import Cloud, DataClass, Tag, Tier
from policies.gate.capture import Program
from policies.gate.context import Context, KeyRequirement, TrustedFederation

GITHUB_ISSUER = "https://token.actions.githubusercontent.com"


@dataclass(frozen=True)
class Target:
    """One program in one stack, with what the rules may know of it."""

    name: str
    """What the reports call it: the environment's name, or the stack's."""
    folder: Path
    """The folder that holds Pulumi.yaml."""
    stack: str
    context: Context
    config: Mapping[str, str] = field(default_factory=dict)
    environment: str = ""
    """The environment of ours that it belongs to; a foreign program belongs to none."""
    model: Environment | None = None
    """The same, whole."""
    module: str | None = None
    """The Python module that prints its Terraform JSON; None for a Pulumi program."""
    project: str = ""
    """The project in a Terraform program's URNs; a Pulumi program says it itself."""
    fixtures: Path | None = None
    """Recorded answers: a file, or a folder of them."""
    python: Path | None = None
    """The virtual environment of its packages; by default what Pulumi.yaml names."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What it sees in `os.environ` besides a few of the capture's."""

    @property
    def tier(self) -> str:
        """dev, staging or prod; decides how strict the gate is."""
        return self.context.tier

    def program(self) -> Program:
        """What is captured of it."""
        return Program(
            self.folder,
            self.stack,
            self.config,
            self.fixtures,
            environment=self.variables,
            python=self.python,
        )


# The Terraform program that makes what an AWS environment needs before Pulumi can run.
BOOTSTRAP_MODULE = "stacks.bootstrap"
BOOTSTRAP_SUFFIX = "-bootstrap"


def own_names() -> list[str]:
    """Everything of this repository that the gate can judge: its cloud environments, then their bootstraps."""
    clouds = [name for name in names() if name != "local"]
    return clouds + [name + BOOTSTRAP_SUFFIX for name in clouds if cloud_and_tier(name)[0] is Cloud.AWS]


def own(wanted: Iterable[str]) -> list[Target]:
    """Targets for environments of this repository (`aws-dev`) and their bootstraps (`aws-dev-bootstrap`).

    All of them where none is named.

    `local` runs on dynamic providers that no cloud rule knows: its gate is `sluice up`'s preview.

    Raises:
        Refusal: an environment does not load; all problems of all of them at once.
    """
    chosen = list(dict.fromkeys(wanted)) or own_names()
    if "local" in chosen:
        raise Refusal.because(
            "no cloud rule knows the providers of `local`",
            remedy="`./sluice up` previews it; gate a cloud environment",
        )
    environments = load_these([name.removesuffix(BOOTSTRAP_SUFFIX) for name in chosen])
    problems: list[Problem] = []
    targets: list[Target] = []
    for name in chosen:
        try:
            targets.append(_own(name, environments[name.removesuffix(BOOTSTRAP_SUFFIX)]))
        except Refusal as refusal:
            problems += refusal.problems
    if problems:
        raise Refusal(*dict.fromkeys(problems))
    return targets


def _own(name: str, environment: Environment) -> Target:
    context = context_of(environment)
    if not name.endswith(BOOTSTRAP_SUFFIX):
        return Target(name, ROOT, name, context, environment=name, model=environment)
    if environment.cloud is not Cloud.AWS:
        raise Refusal.because(
            f"{environment.name} has no bootstrap: only AWS environments have one",
            remedy=f"accepted: {', '.join(one for one in own_names() if one.endswith(BOOTSTRAP_SUFFIX))}",
        )
    return Target(
        name,
        ROOT,
        name,
        context.model_copy(
            update={"trusted_federations": [*(context.trusted_federations or []), _pipeline(environment)]}
        ),
        environment=environment.name,
        model=environment,
        module=BOOTSTRAP_MODULE,
        project=environment.project,
    )


def _pipeline(environment: Environment) -> TrustedFederation:
    """Jobs of the environment's own pipeline on GitHub, for which the bootstrap makes roles."""
    return TrustedFederation(issuer=GITHUB_ISSUER, subjects=[environment.ci.subject("*")])


def foreign(
    folder: Path,
    stack: str,
    context: Context | None,
    config: Mapping[str, str],
    *,
    fixtures: Path | None = None,
    python: Path | None = None,
    variables: Mapping[str, str] | None = None,
) -> Target:
    """A target for a program that is not ours; what its context leaves out, the rules do not know."""
    known = context or Context()
    return Target(
        stack,
        folder,
        stack,
        known.model_copy(update={"stack": known.stack or stack}),
        config,
        fixtures=fixtures,
        python=python,
        variables=variables or {},
    )


def context_of(environment: Environment) -> Context:
    """What the environment model says, in the terms of the rules."""
    classes = policy.CUSTOMER_KEY_REQUIRED_FOR[Tier(environment.tier)]
    return Context(
        stack=environment.name,
        tier=environment.tier.value,
        allowed_regions={environment.cloud.value: list(environment.allowed_regions)},  # type: ignore[dict-item]
        required_tags=[tag.value for tag in Tag if tag is not Tag.PIPELINE],
        customer_managed_key_required_for=(
            KeyRequirement(tag=Tag.DATA_CLASSIFICATION.value, value=DataClass.CONFIDENTIAL.value)
            if DataClass.CONFIDENTIAL in classes
            else None
        ),
        raw_zone_keeps_at_least_days=policy.MINIMUM_RAW_LOCK_DAYS[Tier(environment.tier)],
        accounts=[environment.account],
        principal_groups=list(environment.principal_groups),
        trusted_federations=[
            TrustedFederation(issuer=trusted.issuer, subjects=list(trusted.subjects))
            for trusted in environment.trusted_federations
        ],
    )
