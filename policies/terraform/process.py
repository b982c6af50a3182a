"""Runs Terraform in a folder: nothing of the user's reaches it, and it reaches nothing but this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

from policies.terraform.installation import Installation, initialise

# Nothing listens there: what would leave this machine fails at once.
_NOWHERE = "http://127.0.0.1:9"
_GRACE_SECONDS = 10


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    code: int
    out: str
    error: str


@dataclass(frozen=True)
class Terraform:
    """Terraform in one folder. What it needs beside the module lies in `aside`, outside of that folder."""

    installation: Installation
    work: Path
    aside: Path
    more: Mapping[str, str] = field(default_factory=dict)
    """Environment variables beyond the bare ones."""

    def initialise(self) -> None:
        """`terraform init`.

        Raises:
            Refusal: the provider is nowhere to be had.
        """
        for folder in ("home", "tmp"):
            (self.aside / folder).mkdir(parents=True, exist_ok=True)
        self._configuration.touch()
        initialise(self.installation, self.work, self._configuration)

    def run(self, *arguments: str, seconds: float = 300) -> Finished:
        """Runs a command to its end, or for so long at most."""
        with self._started(arguments, seconds) as process:
            out, error = process.communicate()
            return Finished(process.returncode, out, error)

    def follow(self, *arguments: str, seconds: float, hear: Callable[[dict[str, Any]], None]) -> int:
        """Runs a command with `-json` and hands on each event as it comes; returns its exit code."""
        with self._started(arguments, seconds, errors=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            for line in process.stdout:
                try:
                    event = json.loads(line)
                except ValueError:
                    continue
                if isinstance(event, dict):
                    hear(event)
            return process.wait()

    @property
    def _configuration(self) -> Path:
        return self.aside / "terraform.rc"

    @contextmanager
    def _started(
        self, arguments: tuple[str, ...], seconds: float, errors: int = subprocess.PIPE
    ) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            [self.installation.program, *arguments],
            cwd=self.work,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            # A Ctrl-C is ours to handle; and its plugins are ended with it.
            start_new_session=True,
        )
        timer = Timer(seconds, _interrupt, (process,))
        timer.start()
        try:
            yield process
        finally:
            timer.cancel()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "HOME": str(self.aside / "home"),
            "TMPDIR": str(self.aside / "tmp"),
            "TF_CLI_CONFIG_FILE": str(self._configuration),
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "CHECKPOINT_DISABLE": "1",
            "HTTP_PROXY": _NOWHERE,
            "HTTPS_PROXY": _NOWHERE,
            "NO_PROXY": "127.0.0.1",
            "AWS_EC2_METADATA_DISABLED": "true",
            **self.more,
        }


def _interrupt(process: subprocess.Popen[str]) -> None:
    """Asks for an orderly end, then insists."""
    for sign, wait in ((signal.SIGINT, _GRACE_SECONDS), (signal.SIGKILL, None)):
        try:
            os.killpg(process.pid, sign)
            process.wait(wait)
            return
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
