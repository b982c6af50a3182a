"""Drives Terraform for one environment's bootstrap, with the user's own credentials and configuration.

The state begins in a file, since the bucket for it is among what is made; once that is there, the state moves into
it, so that the next person needs nothing of the first one's machine.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments.problems import Exit, Location, Refusal
from stacks.bootstrap import failures
from stacks.bootstrap.account import Place
from stacks.bootstrap.names import TERRAFORM_STATE, Names

MODULE = "main.tf.json"
STATE_FILE = "terraform.tfstate"
_BACKEND = "backend.tf.json"
_PLAN = "bootstrap.tfplan"
# Settings of the user's that would run another command than the one meant.
_OTHERS = re.compile(r"TF_(CLI_ARGS.*|WORKSPACE|DATA_DIR|VAR_.*|INPUT)")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Change:
    """One thing that a plan would do."""

    address: str
    actions: tuple[str, ...]
    source: Location | None


@dataclass(frozen=True)
class Planned:
    """A plan that can be applied."""

    changes: tuple[Change, ...]
    text: str
    """As Terraform shows it to people."""


class Engine:
    """Terraform in the environment's own folder under `.sluice/`."""

    def __init__(self, terraform: Path, folder: Path, names: Names, module: str) -> None:
        self._terraform = terraform
        self._folder = folder
        self._names = names
        self._module = module
        self._document: Mapping[str, Any] = json.loads(module)

    @property
    def state_file(self) -> Path:
        """Where the state is until the bucket is there."""
        return self._folder / STATE_FILE

    def prepare(self, place: Place) -> None:
        """Writes the module and initialises the folder with the state where it is.

        Raises:
            Refusal: the folder cannot be written, or the provider is not to be had.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self._folder / MODULE).write_text(self._module)
        except OSError as error:
            raise Refusal.because(
                f"cannot be written: {error.strerror}",
                where=Location(self._folder),
                remedy="make the folder writable, or set SLUICE_STATE to one that is",
                exit_code=Exit.UNAVAILABLE,
            ) from None
        self._keep_state_in(place)
        if place is Place.BUCKET:
            self._forget_file()
        self._initialise("-reconfigure")

    def plan(self) -> Planned:
        """What would change. Nothing is changed, but the state is locked meanwhile.

        Raises:
            Refusal: Terraform said no; each error at its Python line.
        """
        self._run("plan", "-input=false", f"-out={_PLAN}")
        whole = json.loads(self._output("show", "-json", _PLAN))
        changes = tuple(
            Change(
                change["address"],
                tuple(change["change"]["actions"]),
                failures.source(change["address"], self._document),
            )
            for change in whole.get("resource_changes", ())
            if change["change"]["actions"] not in (["no-op"], ["read"])
        )
        return Planned(changes, self._output("show", "-no-color", _PLAN))

    def apply(self, say: Say) -> None:
        """Applies the plan that was made last.

        Raises:
            Refusal: Terraform said no. What it had made by then is in the state, and the next run goes on.
        """
        try:
            self._run("apply", "-input=false", _PLAN, say=say)
        finally:
            (self._folder / _PLAN).unlink(missing_ok=True)

    def move_state(self) -> None:
        """Moves the state from the file into the bucket that was just made.

        Raises:
            Refusal: the bucket does not take it; the file stays, and the next run tries again.
        """
        self._keep_state_in(Place.BUCKET)
        self._initialise("-migrate-state", "-force-copy")
        self._forget_file()

    def _keep_state_in(self, place: Place) -> None:
        file = self._folder / _BACKEND
        if place is Place.FILE:
            file.unlink(missing_ok=True)
            return
        # No `encrypt`: it would ask for S3's own key, which the bucket's policy refuses; the bucket encrypts with ours.
        s3: dict[str, Any] = {
            "bucket": self._names.state_bucket,
            "key": TERRAFORM_STATE,
            "region": self._names.environment.region,
            "use_lockfile": True,
            "allowed_account_ids": [self._names.environment.account],
        }
        if self._names.endpoint:
            s3 |= {
                "use_path_style": True,
                "endpoints": dict.fromkeys(("s3", "sts", "iam"), self._names.endpoint),
            }
        file.write_text(json.dumps({"terraform": {"backend": {"s3": s3}}}, indent=2) + "\n")

    def _forget_file(self) -> None:
        """The state in the bucket is the one that counts."""
        for name in (STATE_FILE, f"{STATE_FILE}.backup"):
            (self._folder / name).unlink(missing_ok=True)

    def _initialise(self, *how: str) -> None:
        """`terraform init`, which does not answer in JSON when it moves a state."""
        process = self._start("init", "-input=false", "-no-color", *how)
        _, error = process.communicate()
        if process.returncode:
            raise failures.refusal([failures.told(error)], self._document, self._folder)

    def _run(self, verb: str, *arguments: str, say: Say | None = None) -> None:
        """Runs a verb that answers in JSON lines; `say` hears of each resource that is done."""
        said: list[dict[str, Any]] = []
        process = self._start(verb, "-json", *arguments)
        try:
            assert process.stdout is not None
            for line in process.stdout:
                _hear(line, said, say)
            code = process.wait()
        except KeyboardInterrupt:
            # The terminal told Terraform as well: it ends what it is doing and writes the state.
            process.communicate()
            raise
        if code:
            raise failures.refusal(said, self._document, self._folder)

    def _output(self, *arguments: str) -> str:
        process = self._start(*arguments)
        out, _ = process.communicate()
        if process.returncode:
            raise Refusal.because(f"`terraform {arguments[0]}` failed", where=Location(self._folder))
        return out

    def _start(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if not _OTHERS.fullmatch(name)}
        return subprocess.Popen(
            [self._terraform, *arguments],
            cwd=self._folder,
            env={**environment, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if arguments[0] == "init" else subprocess.DEVNULL,
            text=True,
        )


def _hear(line: str, said: list[dict[str, Any]], say: Say | None) -> None:
    try:
        event = json.loads(line)
    except ValueError:
        return
    if event.get("type") == "diagnostic":
        said.append(event["diagnostic"])
    elif say is not None and event.get("type") == "apply_complete":
        hook = event["hook"]
        say(f"  ✓ {hook['resource']['addr']} ({hook['elapsed_seconds']:.0f} s)")
