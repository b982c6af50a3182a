"""Physical names and tags: one rule for every cloud."""

from __future__ import annotations

import hashlib
import re
from typing import Literal

from environments.model import Environment
from environments.part import SLUG
from environments.problems import Refusal
from environments.vocabulary import DataClass, ManagedBy, Tag

# The limit of S3 buckets, GCS buckets and GCP labels; most services allow as much or more.
NAME_LIMIT = 63

# IAM's own.
POLICY_NAME_LIMIT = 128

_HASH_LENGTH = 8
# Room for a recognisable beginning before the hash.
_SHORTEST_LIMIT = 16

_TAG_VALUE = re.compile(r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?")


def uncut_name(environment: Environment, capability: str, part: str | None = None) -> str:
    """The name as it would be if no cloud had a limit: `<project>-<env>-<capability>[-<part>]`."""
    return "-".join([environment.project, environment.name, str(capability), *([str(part)] if part else [])])


def physical_name(
    environment: Environment,
    capability: str,
    part: str | None = None,
    *,
    limit: int = NAME_LIMIT,
    separator: Literal["-", "_", ""] = "-",
) -> str:
    """The name that a cloud knows a thing by: `<project>-<env>-<capability>[-<part>]`.

    Over the limit it is cut, and ends in a hash of the whole name: the same input always gives the
    same name, and two names never become one by the cut.

    Args:
        environment: Where the thing lives.
        capability: What it is for, such as `raw` or `secrets`: lower-case words joined by hyphens.
        part: Which one, where a capability has several.
        limit: The most characters that the service takes.
        separator: `_` for services that refuse hyphens, empty for those that take letters and digits only.

    Raises:
        Refusal: a word that is not valid in a name, or a limit too short to tell names apart.
    """
    for word in (capability, part):
        if word is not None and not re.fullmatch(SLUG, word):
            raise Refusal.because(
                f"`{word}` cannot be part of a physical name",
                remedy="use lower-case letters and digits, in words joined by single hyphens, a letter first",
            )
    if limit < _SHORTEST_LIMIT:
        raise Refusal.because(
            f"a limit of {limit} characters is too short for a physical name",
            remedy=f"names are told apart by a hash: leave {_SHORTEST_LIMIT} characters or more",
        )
    full = uncut_name(environment, capability, part)
    name = full.replace("-", separator)
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(full.encode()).hexdigest()[:_HASH_LENGTH]
    head = name[: limit - _HASH_LENGTH - len(separator)].rstrip("-_")
    return f"{head}{separator}{digest}"


def role_boundary(environment: Environment) -> str:
    """The ARN of the policy that bounds every role of the platform on AWS.

    `stacks/bootstrap` makes the policy, out of reach of what applies the platform: it can make roles only
    within this boundary.
    """
    name = physical_name(environment, "ci", "workloads", limit=POLICY_NAME_LIMIT)
    return f"arn:aws:iam::{environment.account}:policy/{name}"


def tags(
    environment: Environment,
    *,
    data_classification: DataClass | None = None,
    pipeline: str | None = None,
    managed_by: ManagedBy = ManagedBy.PULUMI,
) -> dict[str, str]:
    """The tags of a resource; plain strings, valid as AWS tags, Azure tags and GCP labels.

    Args:
        environment: Where the resource lives.
        data_classification: The class of the data it holds, if not the environment's usual one.
        pipeline: The pipeline that it belongs to, where it belongs to one.
        managed_by: What makes it.

    Raises:
        Refusal: the pipeline's name is not valid as a tag.
    """
    if pipeline is not None and not _TAG_VALUE.fullmatch(pipeline):
        raise Refusal.because(
            f"`{pipeline}` cannot be the value of a tag",
            remedy="name the pipeline with at most 63 lower-case letters, digits, hyphens and underscores",
        )
    values: dict[Tag, str] = {
        Tag.PROJECT: environment.project,
        Tag.ENVIRONMENT: environment.name,
        Tag.OWNER: environment.owner,
        Tag.COST_CENTER: environment.cost_center,
        Tag.DATA_CLASSIFICATION: str(data_classification or environment.data_classification),
        Tag.MANAGED_BY: str(managed_by),
    }
    if pipeline is not None:
        values[Tag.PIPELINE] = pipeline
    return {str(tag): value for tag, value in values.items()}
