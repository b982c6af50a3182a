"""The Terraform commands of a rehearsal, and what each of them answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from policies.rehearsal import diagnostics
from policies.rehearsal.diagnostics import Diagnostic
from policies.terraform.process import Terraform

# The provider waits 55 s for each life cycle of a bucket, whatever the cloud answers: let all of them wait at once.
PARALLELISM = "-parallelism=60"
_PLAN_SECONDS = 600
_APPLY_SECONDS = 1800

Count = Callable[[int], None]
"""Told how many resources are done."""


@dataclass
class Applied:
    """What came of an apply or a destroy."""

    done: set[str] = field(default_factory=set)
    """Addresses of what was created (or deleted)."""
    errored: set[str] = field(default_factory=set)
    said: list[Diagnostic] = field(default_factory=list)

    def named(self) -> list[Diagnostic]:
        """What was said, with a resource to each error: a destroy's come without, but Terraform tells who failed."""
        told = {one.address for one in self.said}
        quiet = sorted(self.errored - told)
        if len(quiet) == 1:
            return [replace(one, address=quiet[0]) if one.nameless else one for one in self.said]
        among = f" (one of {', '.join(quiet)})" if quiet else ""
        return [replace(one, message=one.message + among) if one.nameless else one for one in self.said]


class Commands:
    """Terraform in one workspace."""

    def __init__(self, terraform: Terraform) -> None:
        self._terraform = terraform

    def validate(self) -> list[Diagnostic]:
        """`terraform validate`: the module against the provider's schema and its own rules, without the mock."""
        done = self._terraform.run("validate", "-json", seconds=_PLAN_SECONDS)
        try:
            return diagnostics.of_validation(json.loads(done.out))
        except ValueError:
            return [_silent("validate", done.code, done.error)]

    def plan(self, name: str) -> list[Diagnostic]:
        """`terraform plan` into a file."""
        return self._follow(("plan", f"-out={name}"), _PLAN_SECONDS).said

    def changes(self, name: str) -> list[dict[str, Any]]:
        """What a plan would change, as `terraform show -json` says it."""
        shown = json.loads(self._terraform.run("show", "-json", name, seconds=_PLAN_SECONDS).out)
        changes: list[dict[str, Any]] = shown.get("resource_changes", [])
        return changes

    def apply(self, name: str, count: Count) -> Applied:
        """`terraform apply` of a plan; goes on with whatever does not need what failed."""
        return self._follow(("apply", name), _APPLY_SECONDS, count)

    def destroy(self, count: Count) -> Applied:
        """`terraform destroy`, in the order that the module's references ask for."""
        # Without a refresh: the second plan has just looked at everything.
        return self._follow(("destroy", "-auto-approve", "-refresh=false"), _APPLY_SECONDS, count)

    def _follow(self, arguments: tuple[str, ...], seconds: float, count: Count | None = None) -> Applied:
        result = Applied()

        def hear(event: dict[str, Any]) -> None:
            kind = event.get("type")
            if kind == "diagnostic":
                result.said.append(diagnostics.read(event["diagnostic"]))
            elif kind == "apply_errored":
                result.errored.add(event["hook"]["resource"]["addr"])
            elif kind == "apply_complete":
                result.done.add(event["hook"]["resource"]["addr"])
                if count is not None:
                    count(len(result.done))

        command, *rest = arguments
        code = self._terraform.follow(command, "-json", PARALLELISM, *rest, seconds=seconds, hear=hear)
        result.said = result.named()
        if code and not any(one.error for one in result.said):
            result.said.append(_silent(command, code, ""))
        return result


def _silent(command: str, code: int, error: str) -> Diagnostic:
    told = " ".join(error.split())[-500:]
    return Diagnostic(True, f"terraform {command} ended with code {code}{f': {told}' if told else ''}")
