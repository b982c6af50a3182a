"""A projection as a root module in Terraform's JSON syntax, for the real provider to validate and apply.

Attributes and types that the older provider lacks are left out and listed. What is not known, and what is
secret, becomes a variable: without a value for a person to give, or with a stand-in for a rehearsal.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from policies.gate.projection.module_files import file_name
from policies.gate.projection.plan_values import after
from policies.gate.projection.providers import FULL_NAMES, ProviderConfig
from policies.gate.projection.terraform import Projected, TerraformProjection
from policies.gate.projection.tree import Asset, Expression, Filled, Ref, expressions

VERSIONS = {"aws": "5.100.0", "google": ">= 6.0"}

_STAND_IN: dict[str, Any] = {"s": "known-after-apply", "n": 1, "b": False, "a": "known-after-apply"}

# Not known before apply and of any type: stands for what a module leaves out.
_ABSENT = "${jsondecode(terraform_data.absent.id)}"


@dataclass
class RootModule:
    """The module's content, the files beside it, and what had to be left out of it."""

    content: dict[str, Any]
    left_out: list[str] = field(default_factory=list)
    """`<address>` or `<address>.<attribute>`: only the newer provider has it."""
    files: dict[str, Asset] = field(default_factory=dict)
    """By path within the module's folder."""

    @property
    def text(self) -> str:
        """The `main.tf.json`."""
        return json.dumps(self.content, indent=2, ensure_ascii=False) + "\n"


def terraform_json(
    projection: TerraformProjection,
    *,
    absent: Collection[str] = (),
    protect: bool = True,
    stand_ins: bool = False,
) -> RootModule:
    """The root module of a projection.

    Args:
        projection: Whose resources it has.
        absent: Addresses of resources to leave out; what refers to them is then not known before apply.
        protect: Whether what Pulumi protects is protected by Terraform too.
        stand_ins: Whether variables have stand-ins, so that nobody needs to give them.
    """
    writer = _Writer(projection.newer.union(absent), stand_ins)
    resources: dict[str, dict[str, Any]] = {}
    left_out: list[str] = []
    for item in projection.resources:
        if item.type.newer:
            left_out.append(item.address)
            continue
        # The region of a resource is said by the provider that it gets.
        left_out += [f"{item.address}.{name}" for name in item.newer if name != "region"]
        if item.address not in writer.absent:
            resources.setdefault(item.type.name, {})[item.name] = _resource(item, projection, writer, protect)
    if writer.absence_met:
        resources["terraform_data"] = {"absent": {}}
    used = {item.provider.key for item in projection.resources if item.address not in writer.absent}
    configs = [config for key, config in sorted(projection.providers.items()) if key in used]
    names = sorted({config.name for config in configs})
    content: dict[str, Any] = {
        "terraform": {
            "required_providers": {
                name: {"source": FULL_NAMES[name].split("/", 1)[1], "version": VERSIONS[name]}
                for name in names
            }
        },
        "provider": {name: [_provider(one) for one in configs if one.name == name] for name in names},
        "resource": resources,
    }
    if data := _data(projection, writer, configs):
        content["data"] = data
    if writer.variables:
        content["variable"] = writer.variables
    return RootModule(content, left_out, writer.files)


def _data(
    projection: TerraformProjection, writer: _Writer, configs: list[ProviderConfig]
) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for address in sorted(writer.data):
        _, kind, name = address.split(".")
        # The program asked its default provider; where it has none, all of its providers ask the same account.
        asked = next((one for one in configs if one.name == "aws"), None)
        provider = {"provider": asked.key} if asked is not None and asked.alias else {}
        found.setdefault(kind, {})[name] = {**projection.data[address], **provider}
    return found


def needs(item: Projected, projection: TerraformProjection) -> frozenset[str]:
    """Addresses of what a resource refers to or waits for."""
    referred = {ref.address for found in expressions(item.tree) for ref in found.references}
    return frozenset(referred | set(_waits_for(item, projection))) - {item.address}


def _waits_for(item: Projected, projection: TerraformProjection) -> list[str]:
    return [
        address
        for urn in item.resource.dependencies
        if (address := projection.address_of(urn)) and address != item.address
    ]


def _provider(config: ProviderConfig) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if config.alias:
        body["alias"] = config.alias
    if config.region:
        body["region"] = config.region
    if config.accounts:
        body["allowed_account_ids"] = list(config.accounts)
    if config.default_tags and config.name == "aws":
        body["default_tags"] = [{"tags": after(config.default_tags)}]
    return body


def _resource(
    item: Projected, projection: TerraformProjection, writer: _Writer, protect: bool
) -> dict[str, Any]:
    older = {name: value for name, value in item.tree.items() if name != "tags_all"}
    body = writer.block(older, set(item.newer), "")
    if item.provider.alias:
        body["provider"] = item.provider.key
    referred = {ref.address for found in expressions(older) for ref in found.references}
    waits = set(_waits_for(item, projection)) - referred - writer.absent
    if waits:
        body["depends_on"] = sorted(waits)
    if lifecycle := _lifecycle(item, protect):
        body["lifecycle"] = [lifecycle]
    return body


def _lifecycle(item: Projected, protect: bool) -> dict[str, Any]:
    """Pulumi's options as Terraform says them; a path inside an attribute has no counterpart."""
    found: dict[str, Any] = {}
    if protect and item.resource.protect:
        found["prevent_destroy"] = True
    properties = item.type.shape.properties
    ignored = [properties[path].name for path in item.resource.ignore_changes if path in properties]
    if ignored:
        found["ignore_changes"] = ignored
    return found


class _Writer:
    def __init__(self, absent: frozenset[str], stand_ins: bool) -> None:
        self.absent = absent
        self.absence_met = False
        self.variables: dict[str, Any] = {}
        self.files: dict[str, Asset] = {}
        self.data: set[str] = set()
        self._stand_ins = stand_ins

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
        if tree.asset is not None and (name := file_name(tree.asset)):
            self.files[name] = tree.asset
            return f"${{path.module}}/{name}"
        known = tree.value is not None
        if tree.parts and not (known and any(ref.newer for ref in tree.references)):
            return "".join(
                self._reference(part) if isinstance(part, Ref) else _escaped(part) for part in tree.parts
            )
        if known:
            return _escaped(tree.value) if isinstance(tree.value, str) else tree.value
        return self._variable(tree, sensitive=False)

    def _reference(self, ref: Ref) -> str:
        if ref.address.startswith("data."):
            self.data.add(ref.address)
        if ref.address not in self.absent and not ref.newer:
            return f"${{{ref}}}"
        if not self._stand_ins:
            return self._variable(Expression(), sensitive=False)
        self.absence_met = True
        return _ABSENT

    def _variable(self, tree: Expression, *, sensitive: bool) -> str:
        name = f"{'secret' if sensitive else 'unknown'}_{len(self.variables) + 1}"
        variable: dict[str, Any] = {}
        if self._stand_ins:
            variable["default"] = _STAND_IN[tree.plain if tree.plain in _STAND_IN else "a"]
        if sensitive:
            variable["sensitive"] = True
        self.variables[name] = variable
        return f"${{var.{name}}}"


def _written(value: Any) -> bool:
    return value.written if isinstance(value, Filled) else value is not None


def _escaped(text: str) -> str:
    return text.replace("${", "$${").replace("%{", "%%{")
