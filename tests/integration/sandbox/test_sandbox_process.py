"""The sandbox as a process: what it refuses to start with, what it logs, how it ends."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlparse

import psutil
import pytest

from environments import places
from services.sandbox import settings


def run(*flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.sandbox", *flags]
    return subprocess.run(command, cwd=places.ROOT, capture_output=True, text=True, timeout=60)


def test_missing_data_sets_are_named(tmp_path: Path) -> None:
    ended = run("--port", "0", "--datasets", str(tmp_path))
    assert ended.returncode == 3
    assert str(tmp_path / "CDNOW_master.txt") in ended.stderr and "make install" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_changed_purchase_history_is_refused(tmp_path: Path) -> None:
    content = (places.DATASETS / "CDNOW_master.txt").read_bytes()
    (tmp_path / "CDNOW_master.txt").write_bytes(content.replace(b"11.77", b"11.78", 1))
    ended = run("--port", "0", "--datasets", str(tmp_path))
    assert ended.returncode == 2
    assert "sha256" in ended.stderr and "Traceback" not in ended.stderr


def test_a_damaged_archive_of_rates_is_refused(tmp_path: Path) -> None:
    shutil.copy(places.DATASETS / "CDNOW_master.txt", tmp_path)
    archive = (places.DATASETS / "eurofxref-hist.zip").read_bytes()
    (tmp_path / "eurofxref-hist.zip").write_bytes(archive[: len(archive) // 2])
    ended = run("--port", "0", "--datasets", str(tmp_path))
    assert ended.returncode == 2
    assert "eurofxref-hist.zip" in ended.stderr and "Traceback" not in ended.stderr


def test_a_port_in_use_is_refused(fast) -> None:
    port = str(urlparse(fast.url).port)
    ended = run("--port", port)
    assert ended.returncode == 3
    assert port in ended.stderr and "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "flags",
    [
        "",
        "--port x",
        "--port 70000",
        "--port 0 --rate 0",
        "--port 0 --rate nan",
        "--port 0 --error-rate 2",
        "--port 0 --token-seconds -1",
        "--port 0 --host 0.0.0.0",
    ],
)
def test_bad_flags_are_refused(flags: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        settings.parse(flags.split())
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_an_environment_variable_is_a_flags_default_and_checked_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLUICE_SANDBOX_RATE", "3")
    assert settings.parse(["--port", "0"]).rate == 3
    assert settings.parse(["--port", "0", "--rate", "4"]).rate == 4
    monkeypatch.setenv("SLUICE_SANDBOX_RATE", "fast")
    with pytest.raises(SystemExit):
        settings.parse(["--port", "0"])


def test_it_listens_on_the_loopback_interface_only(fast) -> None:
    connections = psutil.Process(fast.process.pid).net_connections("inet")
    assert {c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN} == {"127.0.0.1"}


def test_it_ends_cleanly_and_its_log_holds_requests_but_no_credential(serve, oauth_client) -> None:
    sandbox = serve("--error-rate", "0")
    client = sandbox.client()
    first = client.get("/v1/transactions", limit=1).json()
    client.get("/v1/transactions", limit=1, cursor=first["next_cursor"])
    # A careless client's mistake must not reach the log either.
    client.get("/feeds/ecb/", client_secret=oauth_client["client_secret"])
    sandbox.process.send_signal(signal.SIGTERM)
    assert sandbox.process.wait(10) in (0, -signal.SIGTERM)
    log = sandbox.log.read_text()
    assert "GET '/v1/transactions' 200" in log and "POST '/oauth/token' 200" in log
    assert "Traceback" not in log
    for secret in (client.token, oauth_client["client_secret"], "s3cret", first["next_cursor"]):
        assert secret not in log
