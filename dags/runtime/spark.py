"""Submits Spark jobs to whatever the platform manifest names, one adapter per kind of target."""

from __future__ import annotations

import ctypes
import logging
import os
import shutil
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from dags.runtime.problems import PipelineProblem, Unrecoverable
from environments.manifest import PlatformManifest, SparkSubmit

log = logging.getLogger(__name__)

BAD_DATA = 2
"""Exit code of a job whose data or arguments are wrong: trying again cannot help."""
_TAIL = 30
_STOP_SECONDS = 10
_PR_SET_PDEATHSIG = 1

Adapter = Callable[["SparkSubmit", Path, Sequence[str], Path], None]


def submit(manifest: PlatformManifest, entry_point: Path, arguments: Sequence[str], *, root: Path) -> None:
    """Runs a job to its end; its log goes to ours, line by line.

    Args:
        manifest: names the target.
        entry_point: the job's file.
        arguments: the job's arguments; never secrets, they can be read in the process table.
        root: the release's folder, from which the job imports its package.

    Raises:
        Unrecoverable: the job says that its data is wrong, or there is no adapter for the target.
        PipelineProblem: the job failed in another way.
    """
    adapter = ADAPTERS.get(manifest.spark.kind)
    if adapter is None:
        raise Unrecoverable(
            f"no adapter for a Spark target of kind {manifest.spark.kind!r}; there is: {', '.join(ADAPTERS)}",
            where="dags/runtime/spark.py",
            remedy="use an environment whose Spark target is of one of these kinds",
        )
    if not entry_point.is_file():
        raise Unrecoverable("the release has no such Spark job", where=str(entry_point))
    assert isinstance(manifest.spark, SparkSubmit)
    adapter(manifest.spark, entry_point, arguments, root)


def spark_submit(target: SparkSubmit, entry_point: Path, arguments: Sequence[str], root: Path) -> None:
    """Runs `spark-submit` as a child that cannot outlive this process."""
    command = [_executable(), "--master", target.master]
    for key, value in sorted(target.conf.items()):
        command += ["--conf", f"{key}={value}"]
    command += [str(entry_point), *arguments]
    environment = os.environ | {
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PYTHONPATH": str(root),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        preexec_fn=_die_with_parent,
    )
    try:
        tail = _stream(process)
        code = process.wait()
    except BaseException:
        # The task is being stopped: the job goes with it.
        stop(process)
        raise
    if code:
        raise _failure(entry_point, code, tail)


ADAPTERS: dict[str, Adapter] = {"spark_submit": spark_submit}


def stop(process: subprocess.Popen[str]) -> None:
    """Ends a job and all that it started: politely first."""
    for kill in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            try:
                os.killpg(process.pid, kill)
                process.wait(_STOP_SECONDS)
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue


def _executable() -> str:
    beside = Path(sys.executable).parent / "spark-submit"
    found = str(beside) if beside.is_file() else shutil.which("spark-submit")
    if not found:
        raise Unrecoverable(
            "there is no spark-submit", where=str(beside), remedy="install the runtime group again"
        )
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise Unrecoverable(
            "there is no Java", where="PATH", remedy="install Java 17; `./sluice doctor` says more"
        )
    return found


def _stream(process: subprocess.Popen[str]) -> deque[str]:
    tail: deque[str] = deque(maxlen=_TAIL)
    assert process.stdout is not None
    for line in process.stdout:
        line = line.rstrip()
        if line:
            tail.append(line)
            log.info("%s", line)
    return tail


def _failure(entry_point: Path, code: int, tail: deque[str]) -> PipelineProblem:
    prefix = f"{entry_point.stem}: "
    said = [line.removeprefix(prefix) for line in tail if line.startswith(prefix)]
    if code == BAD_DATA:
        return Unrecoverable(
            "; ".join(said) or "the job refuses its data or arguments", where=entry_point.name
        )
    errors = [line for line in tail if "Error" in line or "Exception" in line] or list(tail)
    return PipelineProblem(
        f"the Spark job ended with exit code {code}: {(said or errors or ['it said nothing'])[-1][:500]}",
        where=entry_point.name,
        remedy="the task's log holds all that the job said",
    )


def _die_with_parent() -> None:
    # Linux only: a task that is killed with SIGKILL cannot stop its job itself.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
