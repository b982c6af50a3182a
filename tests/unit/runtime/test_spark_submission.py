"""Submitting Spark jobs, with a stand-in for spark-submit: what the child gets, says, and when it dies.

That a real job runs is proved in tests/integration/runtime.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from dags.runtime import spark
from dags.runtime.problems import PipelineProblem, Unrecoverable
from environments.manifest import EmrServerless, PlatformManifest, SparkSubmit

pytestmark = pytest.mark.runtime


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job's file; `spark-submit` runs it with Python, after its own options."""
    executable = tmp_path / "bin" / "spark-submit"
    executable.parent.mkdir()
    executable.write_text(
        '#!/bin/sh\nwhile [ "$1" != "${1#--}" ]; do shift 2; done\n'
        f'exec "{sys.executable}" "$@"\n'
    )  # fmt: skip
    executable.chmod(0o755)
    monkeypatch.setattr(spark, "_executable", lambda: str(executable))
    return tmp_path / "some_job.py"


def submit(job: Path, *arguments: str) -> None:
    spark.spark_submit(SparkSubmit(master="local[1]", conf={"a": "b"}), job, arguments, job.parent)


def test_the_job_gets_its_arguments_and_the_release_on_its_path(job: Path, caplog: Any) -> None:
    job.write_text("import os, sys; print(sys.argv[1:], os.environ['PYTHONPATH'])")
    with caplog.at_level("INFO"):
        submit(job, "--x", "1")
    assert f"['--x', '1'] {job.parent}" in caplog.text


def test_bad_data_is_not_tried_again_and_says_what(job: Path) -> None:
    job.write_text("import sys; print('some_job: row 5 is odd', file=sys.stderr); sys.exit(2)")
    with pytest.raises(Unrecoverable, match="row 5 is odd"):
        submit(job)


def test_another_failure_may_be_tried_again(job: Path) -> None:
    job.write_text("raise OSError('disk')")
    with pytest.raises(PipelineProblem, match="exit code 1: OSError: disk") as caught:
        submit(job)
    assert not isinstance(caught.value, Unrecoverable)


def test_an_interrupted_task_takes_its_job_along(job: Path) -> None:
    job.write_text("import os, time; print('pid', os.getpid(), flush=True); time.sleep(60)")
    seen: list[int] = []

    def interrupt(process: subprocess.Popen[str]) -> Any:
        assert process.stdout is not None
        seen.append(int(process.stdout.readline().split()[1]))
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spark, "_stream", interrupt)
        with pytest.raises(KeyboardInterrupt):
            submit(job)
    assert not psutil.pid_exists(seen[0])


def test_a_killed_task_takes_its_job_along(job: Path, tmp_path: Path) -> None:
    job.write_text(
        f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    )
    child = os.fork()
    if not child:
        submit(job)
        os._exit(0)
    deadline = time.monotonic() + 20
    while not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while psutil.pid_exists(int((tmp_path / "pid").read_text())):
        assert time.monotonic() < deadline, "the job outlived its task"
        time.sleep(0.05)


def test_a_target_without_an_adapter_is_refused(job: Path) -> None:
    target = EmrServerless(application_id="x", execution_role_arn="y")
    manifest = PlatformManifest.model_construct(spark=target)
    with pytest.raises(Unrecoverable, match="no adapter for a Spark target of kind 'emr_serverless'"):
        spark.submit(manifest, job, [], root=job.parent)
