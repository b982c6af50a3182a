"""Provider functions that a program calls, as the data sources that ask the same of the cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policies.gate.graph import Call, ResourceGraph
from policies.gate.projection.naming import snake
from policies.gate.projection.tree import Ref

# By token: the data source, and its attributes where they are not the answer's names in snake case.
_SOURCES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": ("aws_availability_zones", {}),
    "aws:index/getCallerIdentity:getCallerIdentity": ("aws_caller_identity", {}),
    "aws:index/getRegion:getRegion": ("aws_region", {"region": "name"}),  # `region` came with provider 6
}


class DataSources:
    """The data sources that a graph's resources refer to."""

    def __init__(self, graph: ResourceGraph) -> None:
        self._calls = {call.id: call for call in graph.calls}
        self.used: dict[str, dict[str, Any]] = {}
        """Arguments by address (`data.<type>.<name>`)."""

    def reference(self, call_id: str, output: str) -> Ref | None:
        """A part of an answer; None where no data source is known to give it."""
        call = self._calls.get(call_id) or Call(call_id, call_id.removeprefix("call:").partition("@")[0])
        if call.token not in _SOURCES or not all(_plain(value) for value in call.args.values()):
            return None
        kind, names = _SOURCES[call.token]
        mark = call_id.partition("@")[2]
        address = f"data.{kind}.{f'asked_{mark}' if mark else 'current'}"
        self.used[address] = {snake(name): value for name, value in call.args.items()}
        # `names[0]`: the position stays.
        name, bracket, position = output.partition("[")
        return Ref(address, f"{names.get(name) or snake(name)}{bracket}{position}")


def _plain(value: Any) -> bool:
    return isinstance(value, str | bool | int | float)
