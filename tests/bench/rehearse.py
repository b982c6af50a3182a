"""How long a rehearsal of aws-dev takes, stage by stage, and what of the apply is the provider's own wait.

Prints seconds, shares of the whole, and the ratio of all of it to the wait that nothing can shorten. Says so and
measures nothing where Terraform or its provider is not to be had.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

from environments import places

# For a bucket's life cycle: ten seconds, then nine looks five seconds apart (hashicorp/aws 5.100.0, measured).
LIFE_CYCLE_SECONDS = 55


def main() -> None:
    """Measures one rehearsal."""
    since = time.perf_counter()
    said = subprocess.run(
        [places.ROOT / "sluice", "rehearse", "aws-dev", "--json"], capture_output=True, text=True
    )
    whole = time.perf_counter() - since
    if said.returncode == 3:
        print(said.stderr.strip().splitlines()[-2])
        return
    if said.returncode > 1:
        sys.exit(said.stderr)
    result = json.loads(said.stdout)
    stages = {"start and capture": whole - sum(result["seconds"].values()), **result["seconds"]}
    print(f"{'stage':<20}{'seconds':>9}{'share':>8}")
    for name, seconds in stages.items():
        print(f"{name:<20}{seconds:>9.1f}{seconds / whole:>8.0%}")
    print(f"{'in all':<20}{whole:>9.1f}{1:>8.0%}")
    print(
        f"{len(result['resources'])} resources; {whole / LIFE_CYCLE_SECONDS:.1f} times the provider's own wait"
    )


if __name__ == "__main__":
    main()
