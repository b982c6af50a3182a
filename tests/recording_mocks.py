"""Runs a stack of the program without a cloud and keeps what it registers: inputs, parents, protection.

Not a test: what the tests of cloud stacks run on. Outputs that a cloud would compute are tokens such as
`${raw.arn}`, so that policies are whole text and a test can see what refers to what.
"""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass, field
from typing import Any, cast

import pulumi
from pulumi.runtime import mocks, rpc
from pulumi.runtime.settings import get_root_resource, set_root_resource

from environments.load import load
from environments.model import Environment

# What a cloud computes and a component reads.
COMPUTED = (
    "arn",
    "clientId",
    "defaultNetworkAclId",
    "email",
    "keyId",
    "keyUri",
    "keyUriWithVersion",
    "member",
    "name",
    "numericId",
    "prefixListId",
    "principalId",
    "selfLink",
    "url",
)
# Inputs that are the name of the resource itself, the outermost first.
NAMED_BY = (
    "resourceGroupName",
    "accountName",
    "vaultName",
    "privateZoneName",
    "resourceName",
    "virtualNetworkName",
    "subnetName",
    "keyName",
    "containerName",
    "privateEndpointName",
)


@dataclass(frozen=True)
class Recorded:
    """One resource as the program registered it."""

    urn: str
    type: str
    name: str
    parent: str
    protect: bool
    custom: bool
    provider: str
    inputs: dict[str, Any]
    """Of a custom resource, as the provider would get them (camelCase)."""
    dependencies: frozenset[str]
    former_names: frozenset[str] = frozenset()
    """Logical names that it had once, so that a rename is no deletion."""


@dataclass
class Recording:
    """All that one environment's stack registers and exports."""

    environment: Environment
    resources: list[Recorded] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)

    def of(self, type_: str) -> dict[str, Recorded]:
        """The resources of one type by logical name."""
        return {item.name: item for item in self.resources if item.type == type_}

    def inputs(self, type_: str, name: str) -> dict[str, Any]:
        """The inputs of one resource."""
        return self.of(type_)[name].inputs

    @property
    def custom(self) -> list[Recorded]:
        """What a cloud would make: neither components nor providers."""
        return [item for item in self.resources if item.custom and not item.type.startswith("pulumi:")]


class _Answers(mocks.Mocks):
    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        tokens = {name: f"${{{args.name}.{name}}}" for name in COMPUTED}
        state = {**tokens, **args.inputs}
        if "identity" in args.inputs:
            # Azure takes a list of ids and gives a mapping.
            state["identity"] = {**args.inputs["identity"], "userAssignedIdentities": {}}
        if "vaultName" in args.inputs and "keyName" not in args.inputs:
            state["properties"] = {**args.inputs["properties"], "vaultUri": f"${{{args.name}.vaultUri}}"}
        # Azure calls a thing `vaultName` when it is asked for, and `name` when it is there.
        named = [args.inputs[key] for key in NAMED_BY if key in args.inputs]
        if named:
            state["name"] = named[-1]
        return f"${{{args.name}.id}}", state

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """Nothing of an answer is known before apply; each part of it is a token."""
        function = args.token.rsplit(":", 1)[-1]
        parts = ("emailAddress", "member", "number", "tenantId", "subscriptionId")
        return {**args.args, **{part: f"${{{function}.{part}}}" for part in parts}}, []


class _Monitor(mocks.MockMonitor):
    def __init__(self, recording: Recording) -> None:
        super().__init__(_Answers())
        self._recording = recording

    def RegisterResource(self, request: Any) -> Any:
        if request.type != "pulumi:pulumi:Stack":
            self._recording.resources.append(
                Recorded(
                    urn=self.make_urn(request.parent, request.type, request.name),
                    type=request.type,
                    name=request.name,
                    parent=request.parent,
                    protect=request.protect,
                    custom=request.custom,
                    provider=request.provider,
                    inputs=rpc.deserialize_properties(request.object),
                    dependencies=frozenset(request.dependencies),
                    former_names=_former_names(request),
                )
            )
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


def _former_names(request: Any) -> frozenset[str]:
    """Of aliases, which come as URNs or in parts, whichever the engine's version understands."""
    parts = {alias.spec.name for alias in request.aliases if alias.WhichOneof("alias") == "spec"}
    return frozenset({*parts, *(urn.rsplit("::", 1)[-1] for urn in request.aliasURNs)})


@functools.cache
def record(name: str) -> Recording:
    """Describes the platform of an environment and returns what was registered; once in a process."""
    environment = load(name)
    recording = Recording(environment)
    platform = importlib.import_module(f"stacks.{environment.cloud}")
    monitor = _Monitor(recording)
    # A root of its own: exports are kept on it.
    set_root_resource(None)  # type: ignore[arg-type]
    pulumi.runtime.set_mocks(monitor.mocks, environment.project, name, preview=False, monitor=monitor)

    def run() -> pulumi.Output[None]:
        platform.describe(environment)
        exported: dict[str, Any] = getattr(get_root_resource(), "outputs", {})
        return pulumi.Output.from_input(exported).apply(recording.exports.update)

    pulumi.runtime.test(run)()  # type: ignore[no-untyped-call]
    return recording


class _Later:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(record(self._name), attribute)


def on_first_use(name: str) -> Recording:
    """The recording of an environment, made when a test first asks it: collecting tests stays fast."""
    return cast(Recording, _Later(name))
