"""However a rehearsal ends, what it started and its folder go with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from environments.places import ROOT
from environments.problems import Exit, Refusal
from policies.rehearsal import beside
from policies.rehearsal.watch import watched_folder

# Starts a child that starts a child, says the folder and both, and waits.
REHEARSAL = """
import subprocess, sys, time
from policies.rehearsal import beside
from policies.rehearsal.watch import watched_folder
with watched_folder() as folder:
    code = "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)']); print(p.pid, flush=True); p.wait()"
    child = subprocess.Popen([sys.executable, "-c", code], env={beside.MARK: str(folder)}, stdout=subprocess.PIPE, text=True, start_new_session=True)
    print(folder, child.pid, child.stdout.readline().strip(), flush=True)
    time.sleep(99)
"""  # noqa: E501


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder with a short path, as the system's own has."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


def gone(pids: list[int], folder: Path) -> bool:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if not any(psutil.pid_exists(pid) and _runs(pid) for pid in pids) and not folder.exists():
            return True
        time.sleep(0.05)
    return False


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_rehearsal_leaves_no_process_and_no_folder(sign: signal.Signals, temporary: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", REHEARSAL],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    name, *pids = process.stdout.readline().split()
    folder = Path(name)
    assert folder.is_dir()
    assert folder.parent == temporary
    process.send_signal(sign)
    process.wait(30)
    process.stdout.close()
    assert gone([int(pid) for pid in pids], folder)


def test_the_folder_is_the_rehearsals_own_and_goes_at_its_end() -> None:
    with watched_folder() as first, watched_folder() as second:
        assert first != second
        (first / "deep").mkdir()
        (first / "deep" / "file").write_text("x")
        other = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(99)"], env={beside.MARK: "x"}
        )
    assert not first.exists()
    assert not second.exists()
    # What bears another mark is not ours.
    assert other.poll() is None
    other.kill()
    other.wait()


def test_no_folder_that_can_be_made_is_refused(monkeypatch: pytest.MonkeyPatch, temporary: Path) -> None:
    (temporary / "file").write_text("")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(temporary / "file"))
    with pytest.raises(Refusal) as refused, watched_folder():
        pass
    assert refused.value.exit_code is Exit.UNAVAILABLE


def test_a_place_too_deep_for_a_socket_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: f"/tmp/{'deep/' * 20}")
    with watched_folder() as folder:
        assert len(str(folder / "aside" / "tmp" / "plugin1234567890")) < 104
