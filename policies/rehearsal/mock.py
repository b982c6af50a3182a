"""The mock AWS of one rehearsal: a moto server in a process of its own, on a free port of the loopback interface."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from environments.problems import Exit, Refusal
from policies.rehearsal import beside

# Credentials that open nothing. Anything but a real key's form, so that moto takes the account we tell it.
ACCESS_KEY = "mock"
SECRET_KEY = "mock"


class Mock:
    """A moto server that is starting; it is ended by whoever watches the folder."""

    def __init__(self, folder: Path, account: str) -> None:
        self._log = folder / "mock.log"
        self._process = beside.start(
            "policies.rehearsal.mock",
            str(self._log),
            environment={
                beside.MARK: str(folder),
                "HOME": str(folder),
                "MOTO_ACCOUNT_ID": account,
                "AWS_ACCESS_KEY_ID": ACCESS_KEY,
                "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
                # Policies of AWS itself that roles have attached to them.
                "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
            },
        )
        self._url: str | None = None

    @property
    def url(self) -> str:
        """Its address, once it listens.

        Raises:
            Refusal: it did not start.
        """
        if self._url is None:
            assert self._process.stdout is not None
            port = self._process.stdout.readline().strip()
            if not port:
                raise self._did_not_start()
            self._url = f"http://127.0.0.1:{port}"
        return self._url

    @property
    def log(self) -> Path:
        """What it was asked, and what it failed at."""
        return self._log

    def stop(self) -> None:
        """Ends it; what it held is gone."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _did_not_start(self) -> Refusal:
        try:
            self._process.wait(10)
            last = self._log.read_text().strip().splitlines()[-1]
        except (OSError, IndexError, subprocess.TimeoutExpired):
            last = "it said nothing"
        return Refusal.because(
            f"the mock AWS (moto) did not start: {last}",
            remedy="install the environment again: make install",
            exit_code=Exit.UNAVAILABLE,
        )


def main(arguments: Sequence[str]) -> None:
    """Serves until its standard input closes; says its port first."""
    log = os.open(arguments[0], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, sys.stderr.fileno())
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    from policies.rehearsal import moto_corrections

    moto_corrections.apply()
    server = make_server(
        "127.0.0.1",
        0,
        DomainDispatcherApplication(create_backend_app),
        threaded=True,
        request_handler=MotoRequestHandler,
    )
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.buffer.read()
