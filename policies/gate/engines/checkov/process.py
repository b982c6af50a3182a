"""The gate's end of the worker: starts it, sends documents, gets verdicts back."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from environments import places
from environments.problems import Exit, Location, Refusal

REMEDY = "run `make install`"
STARTING = 120.0
"""Seconds that the import of checkov may take on a busy machine."""


class Worker:
    """One process with checkov in it, for one invocation of the gate."""

    def __init__(self, python: Path | None = None) -> None:
        self._python = python or places.venv_python("scan")
        self._process: subprocess.Popen[str] | None = None
        self._errors: IO[bytes] | None = None
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._hello: dict[str, Any] | None = None

    def start(self) -> None:
        """Starts the process and returns at once; it imports checkov meanwhile.

        Raises:
            Refusal: there is no environment with checkov.
        """
        if self._process is not None:
            return
        if not self._python.exists():
            raise Refusal.because(
                "the environment that holds checkov is not installed",
                where=Location(self._python),
                remedy=REMEDY,
                exit_code=Exit.UNAVAILABLE,
            )
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [str(self._python), "-m", "policies.gate.engines.checkov.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=places.ROOT,
            env=_environment(),
            text=True,
            encoding="utf-8",
        )
        threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True).start()

    @property
    def pid(self) -> int | None:
        """The process, where it runs."""
        return self._process.pid if self._process else None

    def hello(self) -> dict[str, Any]:
        """What the worker says of itself (`checkov`, `warning`); waits until it is warm."""
        if self._hello is None:
            self.start()
            answer = json.loads(self._next(STARTING))
            if "broken" in answer:
                raise self._refusal("checkov cannot be loaded", str(answer["broken"]))
            self._hello = answer
        return self._hello

    def scan(self, documents: Sequence[tuple[str, str]], timeout: float) -> list[list[dict[str, Any]]]:
        """The records of each document, given as framework and JSON text.

        Raises:
            Refusal: the worker cannot run, ended, or a document could not be scanned.
        """
        self.hello()
        if not documents:
            return []
        jobs = [
            {"id": id_, "framework": kind, "document": text} for id_, (kind, text) in enumerate(documents)
        ]
        self._send(json.dumps({"jobs": jobs}))
        found: dict[int, list[dict[str, Any]]] = {}
        for _ in jobs:
            answer = json.loads(self._next(timeout))
            if "error" in answer:
                raise self._refusal("checkov could not scan a projection", str(answer["error"]))
            found[answer["id"]] = answer["records"]
        return [found[id_] for id_ in range(len(jobs))]

    def close(self) -> None:
        """Ends the process."""
        process, self._process, self._hello = self._process, None, None
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()
        if self._errors:
            self._errors.close()

    def _listen(self, output: IO[str]) -> None:
        try:
            for line in output:
                self._answers.put(line)
        except ValueError:
            pass  # closed while it was read: nobody waits for it any more
        self._answers.put(None)

    def _next(self, timeout: float) -> str:
        try:
            line = self._answers.get(timeout=timeout)
        except queue.Empty:
            line = None
            if self._process:
                self._process.kill()
            raise self._refusal(f"checkov has not answered for {timeout:g} s", "") from None
        if line is None:
            raise self._refusal("the process that holds checkov ended", "")
        return line

    def _send(self, line: str) -> None:
        assert self._process is not None and self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._refusal("the process that holds checkov ended", "") from None

    def _refusal(self, what: str, said: str) -> Refusal:
        if not said and self._errors:
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace")
        last = [line.strip() for line in said.strip().splitlines() if line.strip()][-1:]
        return Refusal.because(
            ": ".join([what, *last]), remedy=f"{REMEDY}; it installs checkov anew", exit_code=Exit.UNAVAILABLE
        )


def _environment() -> dict[str, str]:
    """What the worker needs of our environment: no credentials, no settings of checkov's, no proxies."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(places.ROOT), "PYTHONHASHSEED": "0"}
