"""Pulumi's wire format, as plain Python and back.

The signature keys are those of the SDK (`pulumi.runtime.rpc`, looked at in 3.272.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

UNKNOWN: str = rpc.UNKNOWN
SIGNATURE: str = rpc._special_sig_key
SECRET: str = rpc._special_secret_sig
ASSET: str = rpc._special_asset_sig
ARCHIVE: str = rpc._special_archive_sig
RESOURCE: str = rpc._special_resource_sig
OUTPUT: str = rpc._special_output_value_sig


def plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    """A request's properties as Python values; whole numbers become integers."""
    return {key: _value(item) for key, item in struct.fields.items()}


def _value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return value.string_value
    if kind == "bool_value":
        return value.bool_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "struct_value":
        return {key: _value(item) for key, item in value.struct_value.fields.items()}
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    return None


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Python values as a response's properties."""
    result = struct_pb2.Struct()
    result.update(values)
    return result


def signature(value: Any) -> str | None:
    """The kind of a specially signed object, if it is one."""
    return value.get(SIGNATURE) if isinstance(value, dict) else None


def secret(value: Any) -> dict[str, Any]:
    """A value marked as a secret."""
    return value if signature(value) == SECRET else {SIGNATURE: SECRET, "value": value}


def revealed(value: Any) -> Any:
    """A value without any secret marks; only for handing on to the program, never for the graph."""
    if signature(value) == SECRET:
        return revealed(value.get("value"))
    if isinstance(value, dict):
        return {key: revealed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [revealed(item) for item in value]
    return value
