"""The bootstrap's root module as its program prints it, once for all tests of a run; and its policies, read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from environments import places
from policies.gate.from_terraform.run import printed
from policies.gate.targets import BOOTSTRAP_MODULE

ENVIRONMENTS = ("aws-dev", "aws-staging", "aws-prod")

Statement = dict[str, Any]


@cache
def document(environment: str) -> dict[str, Any]:
    """The root module of one environment."""
    content: dict[str, Any] = json.loads(printed(places.ROOT, BOOTSTRAP_MODULE, [environment]))
    return content


def resource(environment: str, kind: str, name: str) -> dict[str, Any]:
    """The arguments of one resource."""
    body: dict[str, Any] = document(environment)["resource"][kind][name]
    return body


def statements(text: str) -> list[Statement]:
    """The statements of a policy document."""
    found: list[Statement] = json.loads(text)["Statement"]
    return found


def listed(value: Any) -> list[Any]:
    """One thing, or a list of them, as a list."""
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True)
class Policies:
    """What some policies say together. Conditions are not looked at: what is allowed under one counts as allowed,
    what is denied under one does not count as denied."""

    said: tuple[Statement, ...]

    def allow(self, action: str, on: str) -> bool:
        """Whether an action (or pattern) on a resource is allowed by one statement and denied by none."""
        return any(_about(one, action, on) for one in self.said if one["Effect"] == "Allow") and not any(
            _about(one, action, on) for one in self.said if one["Effect"] == "Deny" and "Condition" not in one
        )


def _about(statement: Statement, action: str, on: str) -> bool:
    if "Action" not in statement:
        return False
    return _fits(action.lower(), (one.lower() for one in listed(statement["Action"]))) and _fits(
        on, listed(statement["Resource"])
    )


def _fits(text: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)


def attached(environment: str, role: str) -> Policies:
    """What a role of CI (`plan`, `apply`) may do, within its boundary."""
    content = document(environment)["resource"]
    names = [
        body["policy_arn"].removeprefix("${aws_iam_policy.").removesuffix(".arn}")
        for body in content["aws_iam_role_policy_attachment"].values()
        if body["role"] == f"${{aws_iam_role.{role}.name}}"
    ]
    return Policies(
        tuple(one for name in names for one in statements(content["aws_iam_policy"][name]["policy"]))
    )


def boundary(environment: str, name: str) -> Policies:
    """One of the boundaries: `ci-boundary` or `workload-boundary`."""
    return Policies(tuple(statements(resource(environment, "aws_iam_policy", name)["policy"])))
