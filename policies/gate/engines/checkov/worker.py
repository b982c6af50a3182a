"""The process that holds checkov. Run in the `scan` environment, from the repository's folder.

It imports checkov while the gate captures, then answers requests: one JSON object per line on standard input,
`{"jobs": [{"id", "framework", "document"}]}`; one line per job back, in the order in which they end, with
`records` or with `error`. Each job runs in a fork of the warm process, as many at once as processors:
checkov keeps state between runs (results of resource checks, parsed policy documents) and a fork forgets it.

Standard output is the channel alone: what checkov or a check prints goes to standard error.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

FRAMEWORKS = ("terraform_plan", "arm")

# Never asked for, and with them checkov would call its vendor.
_UNWANTED = ("BC_", "PRISMA_", "CKV_", "CHECKOV_", "EVAL_TF_PLAN", "LOG_LEVEL")


def main() -> None:
    """Serves requests until standard input ends."""
    # What is imported stays, and a scan keeps what it makes: looking for garbage only takes time.
    gc.disable()
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for name in [name for name in os.environ if name.startswith(_UNWANTED)]:
        del os.environ[name]
    os.environ["LOG_LEVEL"] = "CRITICAL"
    try:
        hello = _prepare()
    except Exception:
        _say(channel, {"broken": traceback.format_exc(limit=-6)})
        return
    _say(channel, hello)
    for line in sys.stdin:
        _serve(json.loads(line), channel)


def _prepare() -> dict[str, Any]:
    """Imports checkov with all its checks and ours; what the gate has to know of it."""
    from checkov.version import version

    from policies.gate.engines.checkov import patches

    logging.disable(logging.CRITICAL)
    warning = patches.apply()
    # Only now: what the patches leave out must not be imported before.
    from policies.gate.engines.checkov import arm_scan, custom, plan_scan

    arm_scan.prepare()
    custom.load()
    plan_scan.warm()
    gc.collect()
    gc.freeze()
    return {"checkov": version, "warning": warning}


def _serve(request: dict[str, Any], channel: IO[str]) -> None:
    at_once = os.cpu_count() or 1
    waiting = list(request["jobs"])[::-1]
    running: dict[int, tuple[Any, Path]] = {}
    with tempfile.TemporaryDirectory(prefix="sluice-checkov-") as folder:
        number = 0
        while waiting or running:
            while waiting and len(running) < at_once:
                job = waiting.pop()
                number += 1
                file = Path(folder) / str(number)
                running[_start(job, file)] = (job["id"], file)
                del job
            child, status = os.wait()
            if child not in running:
                continue
            identity, file = running.pop(child)
            code = os.waitstatus_to_exitcode(status)
            if code == 0:
                # The child wrote the line as it has to be sent.
                channel.write(file.read_text(encoding="utf-8"))
                channel.flush()
                file.unlink()
            else:
                _say(channel, {"id": identity, "error": f"the scan ended with exit code {code}"})


def _start(job: dict[str, Any], file: Path) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        answer = _answer(job)
        with file.open("w", encoding="utf-8") as out:
            _say(out, answer)
        code = 0
    finally:
        os._exit(code)


def _answer(job: dict[str, Any]) -> dict[str, Any]:
    from policies.gate.engines.checkov import arm_scan, plan_scan

    try:
        if job["framework"] == "terraform_plan":
            records: Iterable[dict[str, Any]] = plan_scan.scan(job["document"])
        elif job["framework"] == "arm":
            records = arm_scan.scan(job["document"])
        else:
            raise ValueError(f"no such framework: {job['framework']}")
        ordered = sorted(records, key=lambda item: (item["resource"], item["check"], item["result"]))
        return {"id": job["id"], "records": ordered}
    except Exception:
        return {"id": job["id"], "error": traceback.format_exc(limit=-6)}


def _say(channel: IO[str], message: dict[str, Any]) -> None:
    channel.write(json.dumps(message, separators=(",", ":")) + "\n")
    channel.flush()


if __name__ == "__main__":
    main()
