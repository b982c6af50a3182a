"""How long the gate takes, against checkov's own command on one environment's plan that is already made.

Prints seconds and ratios: one environment and all nine, cold and with nothing changed; then programs of 25, 500 and
2,000 resources, with the peak memory of the gate's own process tree. Never asserts time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from environments import places

PROGRAM = """
import pulumi_aws as aws

for number in range({buckets}):
    bucket = aws.s3.Bucket(f"b{{number}}", tags={{"owner": "bench"}})
    aws.s3.BucketVersioning(
        f"v{{number}}", bucket=bucket.id, versioning_configuration={{"status": "Enabled"}}
    )
"""


def timed(arguments: list[str], state: Path) -> tuple[float, int]:
    """Seconds of a command, and the most memory (MiB) that it and its children held.

    Raises:
        SystemExit: it failed otherwise than by findings.
    """
    since = time.perf_counter()
    process = subprocess.Popen(
        arguments,
        env={**os.environ, "SLUICE_STATE": str(state)},
        cwd=places.ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    peak = 0

    def watch() -> None:
        nonlocal peak
        while process.poll() is None:
            peak = max(peak, memory(process.pid))
            time.sleep(0.1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, said = process.communicate()
    watcher.join()
    if process.returncode > 1:
        raise SystemExit(said)
    return time.perf_counter() - since, peak


def memory(pid: int) -> int:
    """Proportional memory of a process tree, in MiB: pages shared by forks count once."""
    total = 0
    try:
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            try:
                total += process.memory_full_info().pss
            except psutil.Error:
                continue
    except psutil.Error:
        return 0
    return total // 2**20


def foreign(folder: Path, resources: int) -> Path:
    """A program of about that many resources."""
    program = folder / str(resources)
    program.mkdir()
    (program / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
    (program / "__main__.py").write_text(PROGRAM.format(buckets=resources // 2))
    return program


def main() -> None:
    """Measures in a cache of its own."""
    sluice = str(places.ROOT / "sluice")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        plan = folder / "plan.json"
        projected = subprocess.run(
            [sluice, "project", "aws-prod", "--to", "terraform"], capture_output=True, text=True, check=True
        ).stdout
        plan.write_text(projected)
        count = len(json.loads(projected)["resource_changes"])
        checkov = [str(places.VENVS / "scan" / "bin" / "checkov"), "--compact", "--quiet", "-f", str(plan)]
        peer, held = timed([*checkov, "--framework", "terraform_plan"], folder)
        print(f"{'what':<44}{'seconds':>9}{'ratio':>8}{'MiB':>7}")
        print(f"{f'checkov alone on aws-prod ({count} resources)':<44}{peer:>9.2f}{1:>8.2f}{held:>7}")
        for title, arguments in (
            ("gate aws-prod, cold", ["aws-prod", "--no-cache"]),
            ("gate of all nine, cold", ["--no-cache"]),
            ("gate of all nine, filling the cache", []),
            ("gate of all nine, nothing changed", []),
        ):
            seconds, held = timed([sluice, "gate", *arguments], folder)
            print(f"{title:<44}{seconds:>9.2f}{seconds / peer:>8.2f}{held:>7}", flush=True)
        for resources in (25, 500, 2000):
            program = foreign(folder, resources)
            given = ["--program", str(program), "--stack", "dev", "--no-cache"]
            seconds, held = timed([sluice, "gate", *given], folder)
            title = f"gate of a program of {resources} resources"
            print(f"{title:<44}{seconds:>9.2f}{seconds / peer:>8.2f}{held:>7}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
