"""The AWS table: pulumi-aws held against provider 6's bindings and provider 5's schema."""

from __future__ import annotations

from collections.abc import Mapping

from policies.gate.projection.generate import sdk
from policies.gate.projection.generate.blocks import Block, merge
from policies.gate.projection.generate.join import Join, Leftover, output_names, settle, unmatched
from policies.gate.projection.generate.reviewed import Reviewed
from policies.gate.projection.generate.tables import Table
from policies.gate.projection.naming import snake

SOURCE = (
    "pulumi-aws 7.51.1 (SDK source), hashicorp/aws 6.69.1 (names and kinds in cdktn-provider-aws 25.8.1), "
    "hashicorp/aws 5.100.0 (terraform providers schema -json), "
    "and the reviewed exceptions in aws_reviewed.yaml"
)


def terraform_type(token: str, known: Mapping[str, Block], reviewed: Reviewed) -> str | None:
    """The Terraform type of a token: reviewed, or by the rule with the prefixes of its module."""
    if token in reviewed.types:
        return reviewed.types[token]
    module, name = _parts(token)
    for prefix in reviewed.prefixes.get(module, [module]):
        candidate = "_".join(part for part in ("aws", prefix, snake(name)) if part)
        if candidate in known:
            return candidate
    return None


def table(
    newer: Mapping[str, Block],
    older: Mapping[str, Block],
    reviewed: Reviewed,
    modules: frozenset[str] | None = None,
) -> tuple[Table, list[Leftover]]:
    """The table for all resource types (or those of some SDK folders), and what is left over."""
    package = sdk.read("pulumi_aws", modules)
    join, result, leftovers = Join(package), Table(), []
    for token, resource in sorted(package.resources.items()):
        if not token.startswith("aws:"):
            continue
        name = terraform_type(token, newer, reviewed)
        if name is None:
            leftovers.append(Leftover(token, "(the type)"))
            continue
        block = merge(newer[name], older[name]) if name in older else newer[name]
        names = reviewed.names_of(token)
        shape = join.shape(resource.folder, resource.inputs, block, names)
        settle(shape, names)
        leftovers += [Leftover(token, path) for path in unmatched(shape)]
        outputs = output_names(resource, block, names)
        result.add(token, name, shape, outputs, older.get(name))
    return result, leftovers


def _parts(token: str) -> tuple[str, str]:
    _, module, name = token.split(":")
    return module.split("/")[0], name
