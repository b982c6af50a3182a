"""Makes the committed tables anew.

    python -m policies.gate.projection.generate aws --schema SCHEMA.json --bindings WHEEL
    python -m policies.gate.projection.generate gcp --bindings WHEEL --types TYPES.json
    python -m policies.gate.projection.generate arm

SCHEMA.json is `terraform providers schema -json` with hashicorp/aws 5.100.0; the wheels are PyPI's
cdktn-provider-aws and cdktn-provider-google; TYPES.json is the table of pulumi-gcp types.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from policies.gate.projection.generate import aws, blocks
from policies.gate.projection.generate.reviewed import Reviewed

DATA = Path(__file__).parent.parent / "data"
AWS_PROVIDER = "registry.terraform.io/hashicorp/aws"


def main() -> int:
    """Writes one table; what is left over goes to standard error and makes the exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m policies.gate.projection.generate")
    parser.add_argument("cloud", choices=["aws"])
    parser.add_argument("--schema", type=Path)
    parser.add_argument("--bindings", type=Path)
    parser.add_argument("--types", type=Path)
    given = parser.parse_args()
    reviewed = Reviewed.read(DATA / f"{given.cloud}_reviewed.yaml")
    older = blocks.load_schema(given.schema, AWS_PROVIDER)
    table, leftovers = aws.table(blocks.from_bindings(given.bindings), older, reviewed)
    (DATA / f"{given.cloud}.json").write_text(table.text(aws.SOURCE))
    print("\n".join(str(leftover) for leftover in leftovers), file=sys.stderr)
    return 1 if leftovers else 0


if __name__ == "__main__":
    sys.exit(main())
