"""Makes the committed tables anew.

    python -m policies.gate.projection.generate aws --schema SCHEMA.json --bindings WHEEL
    python -m policies.gate.projection.generate gcp --bindings WHEEL --types TYPES.json
    python -m policies.gate.projection.generate arm
    python -m policies.gate.projection.generate golden

SCHEMA.json is `terraform providers schema -json` with hashicorp/aws 5.100.0; the wheels are PyPI's
cdktn-provider-aws and cdktn-provider-google; TYPES.json is the table of pulumi-gcp types.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from policies.gate.projection.generate import arm, aws, blocks, gcp, golden
from policies.gate.projection.generate.reviewed import Reviewed

DATA = Path(__file__).parent.parent / "data"
TWINS = Path("tests/integration/gate/projection/twins")
DEFAULTS_SOURCE = "what hashicorp/aws 5.100.0 plans for unset attributes in the twins' golden plans"
AWS_PROVIDER = "registry.terraform.io/hashicorp/aws"


def main() -> int:
    """Writes one table; what is left over goes to standard error and makes the exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m policies.gate.projection.generate")
    parser.add_argument("table", choices=["aws", "gcp", "arm", "golden"])
    parser.add_argument("--schema", type=Path)
    parser.add_argument("--bindings", type=Path)
    parser.add_argument("--types", type=Path)
    given = parser.parse_args()
    if given.table == "golden":
        return _golden()
    if given.table == "arm":
        text, wrong = arm.table(DATA / "arm_reviewed.yaml")
        (DATA / "arm.json").write_text(text)
        print("\n".join(wrong), file=sys.stderr)
        return 1 if wrong else 0
    reviewed = Reviewed.read(DATA / f"{given.table}_reviewed.yaml")
    bindings = blocks.from_bindings(given.bindings)
    if given.table == "aws":
        older = blocks.load_schema(given.schema, AWS_PROVIDER)
        table, leftovers = aws.table(bindings, older, reviewed)
        source = aws.SOURCE
    else:
        table, leftovers = gcp.table(bindings, json.loads(given.types.read_text()), reviewed)
        source = gcp.SOURCE
    (DATA / f"{given.table}.json").write_text(table.text(source))
    print("\n".join(str(leftover) for leftover in leftovers), file=sys.stderr)
    return 1 if leftovers else 0


def _golden() -> int:
    plans = []
    for twin in sorted(TWINS.glob("*/main.tf")):
        plans.append(golden.real_plan(twin.parent))
        (twin.parent / "plan.json").write_text(json.dumps(plans[-1], indent=1, sort_keys=True) + "\n")
    content = {"source": DEFAULTS_SOURCE, "types": golden.defaults(plans)}
    (DATA / "aws_defaults.json").write_text(json.dumps(content, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
