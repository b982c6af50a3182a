"""A projection as a root module in Terraform's JSON syntax, for the real provider to validate and apply.

Attributes and types that the older provider lacks are left out and listed. What is not known, and what is
secret, becomes a variable with a stand-in of its type.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from policies.gate.projection.plan_values import after
from policies.gate.projection.providers import FULL_NAMES, ProviderConfig
from policies.gate.projection.terraform import Projected, TerraformProjection
from policies.gate.projection.tree import Expression, Filled, Ref

VERSIONS = {"aws": "5.100.0", "google": ">= 6.0"}

_STAND_IN: dict[str, Any] = {"s": "known-after-apply", "n": 1, "b": False, "a": "known-after-apply"}


@dataclass
class RootModule:
    """The module's content, and what had to be left out of it."""

    content: dict[str, Any]
    left_out: list[str] = field(default_factory=list)
    """`<address>` or `<address>.<attribute>`: only the newer provider has it."""


def terraform_json(projection: TerraformProjection) -> RootModule:
    """The root module of a projection: the content of a `main.tf.json`."""
    writer = _Writer()
    resources: dict[str, dict[str, Any]] = {}
    left_out: list[str] = []
    for item in projection.resources:
        if item.type.newer:
            left_out.append(item.address)
            continue
        # The region of a resource is said by the provider that it gets.
        left_out += [f"{item.address}.{name}" for name in item.newer if name != "region"]
        resources.setdefault(item.type.name, {})[item.name] = _resource(item, writer)
    names = sorted({config.name for config in projection.providers.values()})
    content: dict[str, Any] = {
        "terraform": {
            "required_providers": {
                name: {"source": FULL_NAMES[name].split("/", 1)[1], "version": VERSIONS[name]}
                for name in names
            }
        },
        "provider": {
            name: [_provider(one) for one in _sorted(projection) if one.name == name] for name in names
        },
        "resource": resources,
    }
    if writer.variables:
        content["variable"] = writer.variables
    return RootModule(content, left_out)


def _sorted(projection: TerraformProjection) -> list[ProviderConfig]:
    return [config for _, config in sorted(projection.providers.items())]


def _provider(config: ProviderConfig) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if config.alias:
        body["alias"] = config.alias
    if config.region:
        body["region"] = config.region
    if config.default_tags and config.name == "aws":
        body["default_tags"] = [{"tags": after(config.default_tags)}]
    return body


def _resource(item: Projected, writer: _Writer) -> dict[str, Any]:
    older = {name: value for name, value in item.tree.items() if name != "tags_all"}
    body = writer.block(older, set(item.newer), "")
    if item.provider.alias:
        body["provider"] = item.provider.key
    return body


class _Writer:
    def __init__(self) -> None:
        self.variables: dict[str, Any] = {}

    def block(self, tree: dict[str, Any], newer: set[str], path: str) -> dict[str, Any]:
        """A block's arguments; what is filled in for policies only is left to the provider."""
        return {
            name: self._value(value, newer, path + name)
            for name, value in tree.items()
            if _written(value) and path + name not in newer
        }

    def _value(self, tree: Any, newer: set[str], path: str) -> Any:
        if isinstance(tree, Expression):
            return self._expression(tree)
        if isinstance(tree, Filled):
            return None
        if isinstance(tree, dict):
            return self.block(tree, newer, f"{path}.")
        if isinstance(tree, list):
            return [self._value(item, newer, path) for item in tree]
        return _escaped(tree) if isinstance(tree, str) else tree

    def _expression(self, tree: Expression) -> Any:
        if tree.sensitive:
            return self._variable(tree, sensitive=True)
        if tree.parts:
            return "".join(f"${{{part}}}" if isinstance(part, Ref) else _escaped(part) for part in tree.parts)
        if tree.value is not None:
            return _escaped(tree.value) if isinstance(tree.value, str) else tree.value
        return self._variable(tree, sensitive=False)

    def _variable(self, tree: Expression, *, sensitive: bool) -> str:
        name = f"{'secret' if sensitive else 'unknown'}_{len(self.variables) + 1}"
        variable: dict[str, Any] = {"default": _STAND_IN[tree.plain if tree.plain in _STAND_IN else "a"]}
        if sensitive:
            variable["sensitive"] = True
        self.variables[name] = variable
        return f"${{var.{name}}}"


def _written(value: Any) -> bool:
    return value.written if isinstance(value, Filled) else value is not None


def _escaped(text: str) -> str:
    return text.replace("${", "$${").replace("%{", "%%{")
