"""The reviewed exceptions to the rules: which type, which name, and what Terraform cannot be told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from policies.gate.projection.generate.join import Renames


@dataclass(frozen=True)
class Reviewed:
    """One cloud's reviewed table; the YAML file says the reasons."""

    prefixes: dict[str, list[str]]
    """Module of the token to the words after `aws_`, in the order to try them."""
    types: dict[str, str]
    names: dict[str, dict[str, str | None]]
    """By token (without the package): Pulumi's path to Terraform's name, or null where there is none."""
    modules: dict[str, dict[str, str]]
    """Names that hold in a whole module."""

    left_out: frozenset[str]
    """Tokens with no Terraform type that is described anywhere: they are reported as unmapped."""

    @classmethod
    def read(cls, path: Path) -> Reviewed:
        """Reads the YAML file."""
        content = YAML(typ="safe").load(path.read_text())
        return cls(
            prefixes={
                module: [word or "" for word in words] for module, words in content["prefixes"].items()
            },
            types=content["types"],
            left_out=frozenset(content.get("left_out", ())),
            names=content["names"],
            modules=content["modules"],
        )

    def names_of(self, token: str) -> Renames:
        """The reviewed names of one resource type."""
        module = token.split(":")[1].split("/")[0]
        return {**self.modules.get(module, {}), **self.names.get(token, {})}
