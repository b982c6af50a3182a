"""A real S3 server for the tests of shipping."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

VERSITYGW = Path(__file__).resolve().parents[3] / ".sluice" / "bin" / "versitygw"
REGION = "eu-west-1"


@pytest.fixture(scope="session")
def s3_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a running versitygw; a folder in it is a bucket. The SDKs' default chain leads to it."""
    folder = tmp_path_factory.mktemp("s3")
    (folder / "root").mkdir()
    (folder / "versions").mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    credentials = {"ACCESS_KEY_ID": "release-tests", "SECRET_ACCESS_KEY": uuid.uuid4().hex}
    command = [VERSITYGW, "--port", f"127.0.0.1:{port}", "--region", REGION, "--quiet"]
    command += ["posix", "--versioning-dir", folder / "versions", folder / "root"]
    with (folder / "log").open("wb") as log:
        environment = {**os.environ, **{f"ROOT_{name}": value for name, value in credentials.items()}}
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    patch = pytest.MonkeyPatch()
    try:
        for name, value in credentials.items():
            patch.setenv(f"AWS_{name}", value)
        patch.setenv("AWS_REGION", REGION)
        patch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
        patch.setenv("AWS_ALLOW_HTTP", "true")
        _until_it_listens(port, server)
        yield folder / "root"
    finally:
        patch.undo()
        server.terminate()
        server.wait(10)


@pytest.fixture
def bucket(s3_root: Path) -> str:
    """URI of a new, empty bucket."""
    name = f"releases-{uuid.uuid4().hex[:12]}"
    (s3_root / name).mkdir()
    return f"s3://{name}"


def _until_it_listens(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert server.poll() is None, "versitygw ended"
        time.sleep(0.1)
    raise AssertionError("versitygw does not listen")
