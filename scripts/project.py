"""`sluice project`: a program's resources in the words of Terraform or ARM."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
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
    folder,
    target,
    write,
)

if TYPE_CHECKING:
    from policies.gate.graph import ResourceGraph
    from policies.gate.projection.unmapped import Unmapped


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
    found = target(environment, program, stack, config, fixtures=fixtures, python=python, variables=env)
    graph = captured(found)
    if output is not None:
        folder(output)
    if to is Form.ARM:
        _arm(graph, output)
    elif output is None:
        _plan(graph)
    else:
        _root_module(graph, output, found.folder)


def _plan(graph: ResourceGraph) -> None:
    from policies.gate.projection import terraform

    projection = terraform.project(graph)
    _say_left_out(projection.unmapped)
    sys.stdout.write(_text(projection.plan))


def _root_module(graph: ResourceGraph, output: Path, program: Path) -> None:
    from policies.gate.capture import root_of
    from policies.gate.projection import terraform
    from policies.gate.projection.module_files import write_files
    from policies.gate.projection.root_module import terraform_json

    projection = terraform.project(graph)
    module = terraform_json(projection)
    newer = [f"{place}: only the newer provider has it" for place in module.left_out]
    _say_left_out(projection.unmapped, newer)
    write_files(module.files, output, root_of(program))
    write(output / "main.tf.json", module.text.encode())


def _arm(graph: ResourceGraph, output: Path | None) -> None:
    from policies.gate.projection import arm

    projection = arm.project(graph)
    _say_left_out(projection.unmapped)
    if output is None:
        sys.stdout.write(_text(projection.template))
    else:
        write(output / "template.json", _text(projection.template).encode())


def _say_left_out(unmapped: Sequence[Unmapped], more: Sequence[str] = ()) -> None:
    for line in [*(f"{item.type} {item.attribute}: {item.reason}" for item in unmapped), *more]:
        print(f"! left out: {line}", file=sys.stderr)


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
