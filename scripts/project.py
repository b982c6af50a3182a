"""`sluice project`: a program's resources in the words of Terraform or ARM."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scripts.programs import (
    Config,
    Fixtures,
    Folder,
    Name,
    Python,
    Stack,
    Variables,
    captured,
    target,
    write,
)

if TYPE_CHECKING:
    from policies.gate.graph import ResourceGraph


class Form(StrEnum):
    """What `--to` takes."""

    TERRAFORM = "terraform"
    ARM = "arm"


def project(
    to: Annotated[Form, typer.Option(help="terraform: AWS and GCP; arm: Azure.")],
    environment: Name = None,
    program: Folder = None,
    stack: Stack = None,
    config: Config = None,
    fixtures: Fixtures = None,
    python: Python = None,
    env: Variables = None,
    output: Annotated[
        Path | None,
        typer.Option(help="A folder: for terraform, a root module is written there, for arm the template."),
    ] = None,
) -> None:
    """Say a program's resources as Terraform or ARM would.

    Without --output, prints the plan (in the form of `terraform show -json`) or the template. What has no
    place in it is named on the standard error.
    """
    asked = target(environment, program, stack, config, fixtures=fixtures, python=python, variables=env)
    graph = captured(asked)
    content, name, left_out = _terraform(graph, output is not None) if to is Form.TERRAFORM else _arm(graph)
    for line in left_out:
        print(f"! left out: {line}", file=sys.stderr)
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        sys.stdout.write(text)
        return
    _folder(output)
    write(output / name, text.encode())


def _terraform(graph: ResourceGraph, module: bool) -> tuple[dict[str, Any], str, list[str]]:
    from policies.gate.projection import terraform
    from policies.gate.projection.root_module import terraform_json

    projection = terraform.project(graph)
    left_out = [f"{item.type} {item.attribute}: {item.reason}" for item in projection.unmapped]
    if not module:
        return projection.plan, "plan.json", left_out
    written = terraform_json(projection)
    newer = [f"{place}: only the newer provider has it" for place in written.left_out]
    return written.content, "main.tf.json", left_out + newer


def _arm(graph: ResourceGraph) -> tuple[dict[str, Any], str, list[str]]:
    from policies.gate.projection import arm

    projection = arm.project(graph)
    left_out = [f"{item.type} {item.attribute}: {item.reason}" for item in projection.unmapped]
    return projection.template, "template.json", left_out


def _folder(output: Path) -> None:
    from environments.problems import Location, Refusal

    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal.because(f"no folder can be made: {error.strerror}", where=Location(output)) from None
