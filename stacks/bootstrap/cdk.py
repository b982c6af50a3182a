"""The one place that knows cdktf. Its successor cdktn is a change of the import below (decision 0006).

Only an app, a stack, resources without bindings and overrides are used of it. Bindings for a whole provider
would take a hundred times as long, and pin versions of the provider that a mirror may not have.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdktf import App, TerraformResource, TerraformStack

from environments import places


@dataclass(frozen=True)
class Made:
    """A resource of the program."""

    type: str
    name: str

    @property
    def address(self) -> str:
        """As Terraform calls it."""
        return f"{self.type}.{self.name}"

    def output(self, attribute: str) -> str:
        """An expression for one of its attributes."""
        return f"${{{self.address}.{attribute}}}"


class Program:
    """What one environment's bootstrap makes."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._folder = tempfile.TemporaryDirectory(prefix="sluice-bootstrap-")
        self._app = App(outdir=self._folder.name)
        self._stack = TerraformStack(self._app, name)
        self._sites: dict[tuple[str, str], list[str]] = {}

    def set(self, path: str, value: Any) -> None:
        """Says something outside of resources, such as `provider.aws`."""
        self._stack.add_override(path, value)

    def make(self, kind: str, name: str, /, **arguments: Any) -> Made:
        """Makes a resource, and remembers the lines that asked for it.

        Arguments are Terraform's own; what is None is left out.
        """
        resource = TerraformResource(self._stack, f"{kind}.{name}", terraform_resource_type=kind)
        resource.override_logical_id(name)
        for key, value in arguments.items():
            if value is not None:
                resource.add_override(key, value)
        self._sites[kind, name] = _sites()
        return Made(kind, name)

    def document(self) -> dict[str, Any]:
        """The root module in Terraform's JSON syntax."""
        self._app.synth()
        made = Path(self._folder.name) / "stacks" / self._name / "cdk.tf.json"
        document: dict[str, Any] = json.loads(made.read_text())
        for (kind, name), sites in self._sites.items():
            # cdktf's own place for it; it would name its JavaScript.
            document["resource"][kind][name]["//"]["metadata"]["stackTrace"] = sites
        # Where the state is kept is not the program's business, and the default names this machine's folders.
        document["terraform"].pop("backend", None)
        metadata = document["//"]["metadata"]
        document["//"] = {"metadata": {key: metadata[key] for key in ("stackName", "version")}}
        return document


def text(document: Mapping[str, Any]) -> str:
    """A root module as it is written: the same program gives the same bytes."""
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _sites() -> list[str]:
    """The call stack inside the repository, innermost first: `<file>:<line> <function>`."""
    found: list[str] = []
    frame = sys._getframe(2)
    while frame is not None:
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(places.ROOT) and not file.is_relative_to(places.INSTALLED):
            where = file.relative_to(places.ROOT).as_posix()
            found.append(f"{where}:{frame.f_lineno} {frame.f_code.co_qualname}")
        frame = frame.f_back  # type: ignore[assignment]
    return found
