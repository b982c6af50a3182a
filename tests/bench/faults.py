"""Ships under faults: kills, losses, damage, full disks, cut lines, on each server; prints the table.

Not a speed: what is counted is how many of some 400 trials went wrong. Takes half an hour; names of servers
(`s3`, `cloud_storage`, `azure_blob`) choose some of them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.faults import plan
from tests.object_servers import SERVERS


def main(wanted: list[str]) -> int:
    """Exit code 1: something went wrong; each case is named."""
    wrong: list[str] = []
    for name in wanted or SERVERS:
        with tempfile.TemporaryDirectory() as folder, SERVERS[name](Path(folder) / "server") as server:
            os.environ.update(server.environment())
            rows = plan.run(
                server,
                Path(folder),
                plan.whole if name == "s3" else plan.fewer,
                lambda line: print(line, file=sys.stderr, flush=True),
            )
        print(f"\n{name}\n{plan.table(rows)}", flush=True)
        wrong += [problem for row in rows.values() for problem in row.problems]
    print("\n".join(["", *wrong]) if wrong else "\nnothing went wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
