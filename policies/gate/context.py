"""What the rules know of an environment besides its resources."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from environments import yaml_file
from environments.problems import Problem, Refusal


class KeyRequirement(BaseModel):
    """Resources that carry this tag with this value must be encrypted with a customer-managed key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tag: str
    value: str


class TrustedFederation(BaseModel):
    """An identity provider outside the cloud, and whom of those it knows may become an identity here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str
    """Its address, such as `https://token.actions.githubusercontent.com`; of AWS's SAML providers, the ARN."""
    subjects: list[str] = Field(min_length=1)
    """Subjects that may come; a `*` at the end stands for any rest."""

    def covers(self, subject: str) -> bool:
        """Whether everyone whom a subject (or a pattern of subjects) names may come."""
        return any(
            subject.startswith(wanted[:-1]) if wanted.endswith("*") else subject == wanted
            for wanted in self.subjects
        )


class Context(BaseModel):
    """The facts that rules may ask for. For our own environments it comes from the environment model, for a
    foreign program from `--context FILE`; what is left out switches the rules that need it to undetermined
    or off, as each rule says.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    stack: str = ""
    tier: Literal["local", "dev", "staging", "prod"] = "dev"
    allowed_regions: dict[Literal["aws", "gcp", "azure"], list[str]] = Field(default_factory=dict)
    required_tags: list[str] = Field(default_factory=list)
    customer_managed_key_required_for: KeyRequirement | None = None
    raw_zone_keeps_at_least_days: int | None = Field(default=None, ge=1)
    accounts: list[str] = Field(default_factory=list)
    """AWS accounts, Google Cloud projects or Azure subscriptions that are ours."""
    principal_groups: list[str] | None = None
    """Groups of the principal that runs the program. Left out, what a resource says of its maker counts."""
    trusted_federations: list[TrustedFederation] | None = None
    """Who from outside may become an identity of this program. Left out, nothing is said of it."""

    def as_input(self) -> dict[str, Any]:
        """As the Rego rules see it."""
        return self.model_dump(mode="json")


def load(path: Path) -> Context:
    """Reads a context file (YAML).

    Raises:
        Refusal: every problem of the file at once, with its line where there is one.
    """
    document = yaml_file.read(path, begin_with="`tier:` and one of dev, staging, prod")
    problems = list(document.problems)
    if not problems and not isinstance(document.value, dict):
        problems.append(Problem("a context file is a YAML mapping", document.at(())))
    if problems:
        raise Refusal(*problems)
    try:
        return Context.model_validate(document.value)
    except ValidationError as failed:
        raise Refusal(
            *(
                Problem(
                    f"{'.'.join(map(str, error['loc']))}: {error['msg']}",
                    document.at(tuple(str(part) for part in error["loc"])),
                    f"keys: {', '.join(Context.model_fields)}",
                )
                for error in failed.errors()
            )
        ) from None
