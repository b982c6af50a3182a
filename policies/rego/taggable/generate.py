"""Writes `data.json`: which resource types take tags, and where. Read from the installed Pulumi SDKs' source.

python policies/rego/taggable/generate.py            # writes
python policies/rego/taggable/generate.py --check    # exit code 1 when the file is stale
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path

OUTPUT = Path(__file__).with_name("data.json")

# The SDK, and the input that holds the tags, the likeliest first.
_SDKS = {
    "pulumi_aws": ("tags",),
    "pulumi_gcp": ("labels", "user_labels", "resource_labels"),
    "pulumi_azure_native": ("tags",),
}
_TOKEN = re.compile(r"super\((\w+), __self__\)\.__init__\(\s*'([^']+)',")
_PULUMI_NAMES = {
    "tags": ["tags"],
    "labels": ["labels"],
    "user_labels": ["userLabels"],
    "resource_labels": ["resourceLabels"],
}

# Tags deeper down, that no first-level input shows.
_DEEPER = {"gcp:sql/databaseInstance:DatabaseInstance": ["settings", "userLabels"]}

# Inputs of that name that hold something else: network tags, tags of what the resource makes, rules on tags.
_NOT_TAGS = {
    "aws:resourcegroupstaggingapi/resource:Resource",
}


def taggable() -> dict[str, list[str]]:
    """The path of the tags by resource type."""
    found = dict(_DEEPER)
    for package, names in _SDKS.items():
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            raise SystemExit(f"{package} is not installed here")
        for file in sorted(Path(spec.origin).parent.glob("*/*.py")):
            if not file.name.startswith(("_", "get_", "outputs")):
                found |= _of_file(file.read_text(), names)
    return {token: path for token, path in sorted(found.items()) if token not in _NOT_TAGS}


def _of_file(source: str, names: tuple[str, ...]) -> dict[str, list[str]]:
    registration = _TOKEN.search(source)
    if registration is None or registration[2].startswith("pulumi:providers:"):
        return {}
    made = re.search(rf"class {registration[1]}Args:\n    def __init__\(.*?\):", source, re.DOTALL)
    if made is None:
        made = re.search(r"class \w+Args:\n    def __init__\(.*?\):", source, re.DOTALL)
    for name in names:
        if made and re.search(rf"\n\s+{name}: [^\n]*(Mapping\[|Sequence\[|TagArgs)", made[0]):
            return {registration[2]: _PULUMI_NAMES[name]}
    return {}


def content() -> str:
    """The file as it should be, one type to a line."""
    lines = ",\n".join(f"{json.dumps(token)}: {json.dumps(path)}" for token, path in taggable().items())
    return f"{{\n{lines}\n}}\n"


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(0 if OUTPUT.read_text() == content() else 1)
    OUTPUT.write_text(content())
