"""Policy documents: one form for all of the program."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

Statement = dict[str, Any]
Condition = Mapping[str, Mapping[str, Any]]


def document(*statements: Statement) -> str:
    """The document as text. Blanks count towards a policy's size, so there are none."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))


def allow(
    sid: str, actions: Iterable[str], resources: Iterable[str], condition: Condition | None = None
) -> Statement:
    """A statement of an identity's policy."""
    return _statement(sid, "Allow", actions, resources, condition)


def deny(
    sid: str, actions: Iterable[str], resources: Iterable[str], condition: Condition | None = None
) -> Statement:
    """A statement that goes before all that allow."""
    return _statement(sid, "Deny", actions, resources, condition)


def to(principal: str | Mapping[str, Any], statement: Statement) -> Statement:
    """The statement as one of a resource's policy: for whom it holds."""
    return {"Principal": principal, **statement}


def trust(sid: str, principal: Mapping[str, Any], action: str, condition: Condition) -> Statement:
    """A statement of a role's trust: who may take it."""
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": action, "Condition": condition}


def _statement(
    sid: str, effect: str, actions: Iterable[str], resources: Iterable[str], condition: Condition | None
) -> Statement:
    found: Statement = {"Sid": sid, "Effect": effect, "Action": list(actions), "Resource": list(resources)}
    return {**found, "Condition": condition} if condition else found
