"""The Google Cloud table: pulumi-gcp held against provider 8's bindings and pulumi-gcp 9's table of types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policies.gate.projection.generate import sdk
from policies.gate.projection.generate.blocks import Attribute, Block
from policies.gate.projection.generate.join import Join, Leftover, output_names, settle, unmatched
from policies.gate.projection.generate.reviewed import Reviewed
from policies.gate.projection.generate.tables import Table
from policies.gate.projection.naming import snake

SOURCE = (
    "pulumi-gcp 10.2.0 (SDK source), pulumi-gcp provider metadata of 2026-08-21 (major version 9; types), "
    "hashicorp/google 8.7.0 (names and kinds in cdktn-provider-google 21.1.0), "
    "and the reviewed exceptions in gcp_reviewed.yaml"
)


def table(
    bindings: Mapping[str, Block],
    types: Mapping[str, Any],
    reviewed: Reviewed,
    modules: frozenset[str] | None = None,
) -> tuple[Table, list[Leftover]]:
    """The table for all resource types (or those of some SDK folders), and what is left over."""
    package = sdk.read("pulumi_gcp", modules)
    names_by_token = {entry["token"]: name for name, entry in types["resources"].items()}
    join, result, leftovers = Join(package), Table(), []
    for token, resource in sorted(package.resources.items()):
        name = reviewed.types.get(token) or names_by_token.get(token)
        if not token.startswith("gcp:") or name in reviewed.left_out or token in reviewed.left_out:
            continue
        if name is None:
            leftovers.append(Leftover(token, "(the type)"))
            continue
        names = reviewed.names_of(token)
        described = bindings.get(name, Block())
        missing = join.shape(resource.folder, resource.inputs, described, names).unmatched
        single = frozenset(types["resources"].get(name, {}).get("single", ()))
        beta = {wire: resource.inputs[wire] for wire in missing}
        assumed = _from_sdk(package, resource.folder, beta, single, "", described)
        block = Block(assumed.attributes | described.attributes)
        shape = join.shape(resource.folder, resource.inputs, block, names)
        settle(shape, names)
        leftovers += [Leftover(token, path) for path in unmatched(shape)]
        result.add(token, name, shape, output_names(resource, block, names), block)
    return result, leftovers


def _from_sdk(
    package: sdk.Package,
    folder: str,
    fields: Mapping[str, sdk.Field],
    single: frozenset[str],
    path: str,
    described: Block,
) -> Block:
    """What only the beta provider has: its names by rule, its lists of one from the published table."""
    block = Block()
    for item in fields.values():
        name = snake(item.wire)
        one = name.removesuffix("s")
        beside = one in described.attributes or one in {snake(wire) for wire in fields}
        if item.many and item.nested and f"{path}{name}" not in single and not beside:
            name = one
        shape = "list" if item.many or f"{path}{name}" in single else "map" if item.map else "one"
        nested = None
        if item.nested:
            inside = package.nested(folder, item.nested)
            nested = _from_sdk(package, folder, inside, single, f"{path}{name}.", Block())
        block.attributes[name] = Attribute(
            shape, "" if nested else item.plain, nested, block=True, verified=False
        )
    return block
