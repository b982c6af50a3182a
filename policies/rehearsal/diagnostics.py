"""What Terraform says is wrong, and which resource it is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from policies.rehearsal.workspace import MODULE

# Differ from run to run and say nothing.
_NOISE = re.compile(r",? ?(RequestID|HostID|request id): [^,]*(?=,|$)")
_ADDRESS = re.compile(r"\baws_\w+\.[\w-]+")


@dataclass(frozen=True)
class Diagnostic:
    """One thing that Terraform or its provider says."""

    error: bool
    message: str
    address: str | None = None
    """The resource that Terraform names."""
    line: int | None = None
    """The line of `main.tf.json`."""

    @property
    def nameless(self) -> bool:
        """Whether it is an error of nobody knows what."""
        return self.error and self.address is None and self.line is None


def read(given: Mapping[str, Any]) -> Diagnostic:
    """A diagnostic as Terraform's JSON says it."""
    parts = (str(given.get(part) or "").strip() for part in ("summary", "detail"))
    message = _NOISE.sub("", " ".join(" ".join(parts).split())).strip()
    place = given.get("range") or {}
    return Diagnostic(
        given.get("severity") == "error",
        message,
        given.get("address"),
        place["start"]["line"] if place.get("filename") == MODULE else None,
    )


def of_validation(answer: Mapping[str, Any]) -> list[Diagnostic]:
    """The diagnostics of `terraform validate -json`."""
    return [read(one) for one in answer.get("diagnostics", ())]


@dataclass
class ByResource:
    """Errors sorted by the resource that they are about."""

    found: dict[str, list[str]]
    """Messages by address, none twice."""
    others: list[str]
    """What is about no resource, such as a provider's configuration."""


def sort(
    diagnostics: Iterable[Diagnostic], known: Collection[str], at: Callable[[int], str | None]
) -> ByResource:
    """Finds the resource of each error: as named, else by line, else by an address in its words.

    Args:
        diagnostics: What Terraform said; warnings are passed over.
        known: Addresses of the module.
        at: The resource of a line of the module.
    """
    result = ByResource({}, [])
    for one in diagnostics:
        if not one.error:
            continue
        named = [one.address, at(one.line) if one.line else None, *_ADDRESS.findall(one.message)]
        address = next((name for name in named if name in known), None)
        messages = result.others if address is None else result.found.setdefault(address, [])
        if one.message not in messages:
            messages.append(one.message)
    return result
