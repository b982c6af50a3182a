"""Every type that a graph rule names is one of the installed Pulumi packages, and so is every input that the
table of replacements names: a slip there would be a rule that never looks.

Reads the packages' sources; importing them would take half a minute. Does not prove that a provider makes a
resource anew at a change of these inputs: no package says so in data, the table is reviewed by hand.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from environments import places
from policies.gate.data_bearing import REPLACED_BY
from policies.gate.engines.graph_rules import gcp_permissions, unused

_TOKEN = re.compile(r"""["']((?:aws|gcp|azure-native):[\w/-]+:[A-Z]\w*)["']""")
_GETTER = re.compile(r'@pulumi\.getter(?:\(name="(\w+)"\))?\s+def (\w+)\(')


def _sources() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for package in ("pulumi_aws", "pulumi_gcp", "pulumi_azure_native"):
        spec = importlib.util.find_spec(package)
        assert spec is not None and spec.submodule_search_locations
        for file in Path(spec.submodule_search_locations[0]).rglob("*.py"):
            if file.name.startswith("_") or file.name in ("outputs.py", "get.py"):
                continue
            text = file.read_text()
            at = text.rfind("super(")
            for token in _TOKEN.findall(text[at:]) if at >= 0 else ():
                found.setdefault(token, file)
    return found


@pytest.fixture(scope="module")
def sources() -> dict[str, Path]:
    return _sources()


def test_every_type_that_a_graph_rule_names_exists(sources: dict[str, Path]) -> None:
    folder = places.ROOT / "policies" / "gate" / "engines" / "graph_rules"
    named = {token for file in folder.glob("*.py") for token in _TOKEN.findall(file.read_text())}
    named |= {*unused._OF_BUCKETS, *gcp_permissions._WIDE, *gcp_permissions._ON_ACCOUNT, *REPLACED_BY}
    assert len(named) > 100
    assert sorted(named - set(sources)) == []


def test_every_input_that_forces_a_replacement_exists(sources: dict[str, Path]) -> None:
    wrong = []
    for type_, paths in REPLACED_BY.items():
        text = sources[type_].read_text()
        block = re.search(
            rf"\nclass {type_.rsplit(':', 1)[-1]}(?:Init)?Args:?.*?(?=\nclass |\n@pulumi\.input_type)",
            text,
            re.DOTALL,
        )
        assert block is not None, type_
        inputs = {given or own for given, own in _GETTER.findall(block[0])}
        wrong += [f"{type_} {path}" for path in paths if re.split(r"[.\[!]", path)[0] not in inputs]
    assert wrong == []
