"""Reads recorded answers: a YAML or JSON file, or a folder of them.

calls:
  - call: aws:ec2/getVpc:getVpc
    when: {default: true}
    returns: {id: vpc-1, cidrBlock: 10.0.0.0/16}
stacks:
  acme/network/dev:
    outputs: {vpcId: vpc-1}
    secret_outputs: [token]
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from environments.problems import Location, Problem, Refusal
from environments.yaml_file import read as read_yaml
from environments.yaml_file import shown
from policies.gate.graph import ResourceGraph

_CALL_KEYS = {"call", "when", "returns"}
_STACK_KEYS = {"outputs", "secret_outputs"}


def load(path: Path | None, stacks: Mapping[str, ResourceGraph]) -> dict[str, Any]:
    """All recorded answers, and the planned outputs of other stacks (by `organization/project/stack`)."""
    calls: list[Any] = []
    known: dict[str, Any] = {}
    problems: list[Problem] = []
    for file in files(path):
        document = read_yaml(file)
        problems += document.problems
        content = document.value if isinstance(document.value, dict) else {}
        where = Location(shown(file), 1)
        for unknown in sorted(set(content) - {"calls", "stacks"}):
            problems.append(Problem(f"unknown key `{unknown}`", where, "write `calls` and `stacks`"))
        for index, call in enumerate(content.get("calls") or ()):  # type: ignore[arg-type]
            if not isinstance(call, dict) or "call" not in call or set(call) - _CALL_KEYS:
                place = document.at(("calls", str(index)))
                problems.append(Problem("not a recorded call", place, "write `call`, `when` and `returns`"))
            else:
                calls.append(call)
        for name, stack in (content.get("stacks") or {}).items():  # type: ignore[union-attr]
            if not isinstance(stack, dict) or "outputs" not in stack or set(stack) - _STACK_KEYS:
                place = document.at(("stacks", str(name)))
                problems.append(
                    Problem("not a recorded stack", place, "write `outputs` and `secret_outputs`")
                )
            else:
                known[name] = stack
    if problems:
        raise Refusal(*problems)
    for name, graph in stacks.items():
        known[name] = {"outputs": graph.outputs}
        known.setdefault(f"{graph.organization}/{graph.project}/{graph.stack}", {"outputs": graph.outputs})
    return {"calls": calls, "stacks": known}


def files(path: Path | None) -> list[Path]:
    """The files of recorded answers at a path.

    Raises:
        Refusal: there is nothing at it.
    """
    if path is None:
        return []
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise Refusal.because("there are no fixtures", where=Location(path), remedy="name a file or a folder")
    return sorted(file for file in path.iterdir() if file.suffix in (".yaml", ".yml", ".json"))
