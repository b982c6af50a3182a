"""Drives the Pulumi engine for one stack of this checkout, with a backend and a passphrase of its own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from environments import places
from environments.load import RELEASE_SUFFIX
from environments.problems import Exit, Location, Problem, Refusal

PROJECT = "sluice"
POLICY_PACK = places.ROOT / "policies" / "crossguard" / "__main__.py"
_SALT = re.compile(r"^encryptionsalt:.*\n?", re.MULTILINE)


@dataclass
class Outcome:
    """What one run of the engine did: the number of resources per operation, and how long it took."""

    changes: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def changed(self) -> int:
        """Resources that the run touched (or would touch)."""
        return sum(count for operation, count in self.changes.items() if operation != "same")

    def __str__(self) -> str:
        parts = [
            f"{count} to {operation}"
            for operation, count in sorted(self.changes.items())
            if operation != "same"
        ]
        return ", ".join([*parts, f"{self.changes.get('same', 0)} unchanged"])


@dataclass(frozen=True)
class Engine:
    """The Pulumi CLI on one stack.

    Attributes:
        stack: the stack's name, which is its environment's; `-release` behind it for the second one.
        passphrase_file: encrypts secrets in the state.
        extra: environment variables for the program and its providers.
        policy_pack: judges every preview and update; an executable file.
    """

    stack: str
    passphrase_file: Path
    extra: dict[str, str]
    policy_pack: Path = POLICY_PACK

    @property
    def config_file(self) -> Path:
        """The stack's configuration as Pulumi sees it: a copy, since Pulumi writes its salt into it."""
        return places.PULUMI / f"Pulumi.{self.stack}.yaml"

    def environment(self) -> dict[str, str]:
        """What a shell needs for `pulumi … -s STACK` to work by hand."""
        venv = places.VENVS / "infra"
        path = os.pathsep.join([str(places.BIN), str(venv / "bin"), os.environ.get("PATH", os.defpath)])
        # The providers of `local` are Python; the cloud SDKs beside them would be fetched for nothing.
        local = self.stack.removesuffix(RELEASE_SUFFIX) == "local"
        plugins = {"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"} if local else {}
        return {
            **self.extra,
            **plugins,
            "PATH": path,
            "VIRTUAL_ENV": str(venv),
            # The engine starts the dynamic providers, which import the modules.
            "PYTHONPATH": str(places.ROOT),
            "PULUMI_BACKEND_URL": places.PULUMI.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.passphrase_file),
            "PULUMI_OPTION_CONFIG_FILE": str(self.config_file),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # Without it the CLI does not take --event-log.
            "PULUMI_DEBUG_COMMANDS": "true",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
        }

    def prepare(self) -> None:
        """Makes the stack where it is not there, and lets go of a lock whose holder is dead."""
        places.PULUMI.mkdir(parents=True, exist_ok=True)
        self._copy_configuration()
        state = places.PULUMI / ".pulumi" / "stacks" / PROJECT / f"{self.stack}.json"
        if not state.exists():
            self._init()
        elif self._break_dead_lock():
            self._pulumi("cancel", "--yes", "-s", self.stack)
            # What was being created when it was killed is adopted by the next create.
            self._pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates", "-s", self.stack)

    def preview(self, say: Callable[[str], None] | None = None) -> Outcome:
        """What `up` would do, after asking the services what is really there."""
        return self._run(["preview", "--refresh"], say)

    def up(self, say: Callable[[str], None] | None = None) -> Outcome:
        """Applies the stack, healing what drifted.

        Raises:
            Refusal: the engine reported errors; each with the resource that it is about.
        """
        return self._run(["up", "--refresh", "--yes", "--skip-preview"], say)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs; secret ones masked."""
        return dict(json.loads(self._pulumi("stack", "output", "--json", "-s", self.stack)))

    def _run(self, verb: list[str], say: Callable[[str], None] | None) -> Outcome:
        places.LOGS.mkdir(parents=True, exist_ok=True)
        events = places.RUN / f"pulumi-{self.stack}-{verb[0]}.events"
        events.unlink(missing_ok=True)
        self._pulumi(
            *verb,
            "-s",
            self.stack,
            "--non-interactive",
            "--suppress-outputs",
            "--policy-pack",
            str(self.policy_pack),
            "--event-log",
            str(events),
            events=events,
        )
        return _outcome(_read_events(events))

    def _pulumi(self, *arguments: str, events: Path | None = None) -> str:
        program = shutil.which("pulumi", path=self.environment()["PATH"])
        if program is None:
            raise Refusal.because(
                "the Pulumi CLI is missing", remedy="run `make install`", exit_code=Exit.UNAVAILABLE
            )
        result = subprocess.run(
            [program, *arguments],
            cwd=places.ROOT,
            env={**os.environ, **self.environment()},
            text=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        with (places.LOGS / "pulumi.log").open("a") as log:
            log.write(f"$ pulumi {' '.join(arguments)}\n{result.stdout}{result.stderr}\n")
        if result.returncode != 0:
            raise self._refusal(
                arguments[0], result.stdout + result.stderr, _read_events(events) if events else []
            )
        return result.stdout

    def _refusal(self, verb: str, output: str, events: list[dict[str, Any]]) -> Refusal:
        if "incorrect passphrase" in output:
            return Refusal.because(
                f"the passphrase does not open the state of stack {self.stack}",
                where=Location(self.passphrase_file),
                remedy="put the right passphrase back, or `make clean` to start anew",
            )
        if "currently locked" in output:
            return Refusal.because(
                f"another pulumi holds the lock of stack {self.stack}",
                remedy="wait for it to end; `pulumi cancel` takes the lock from a dead one",
                exit_code=Exit.UNAVAILABLE,
            )
        problems = [
            Problem(
                f"{_short(event['urn'])}: {_clean(event['message'])}"
                if event.get("urn")
                else _clean(event["message"])
            )
            for event in (e["diagnosticEvent"] for e in events if "diagnosticEvent" in e)
            if event.get("severity") == "error"
        ]
        problems += _violations(events)
        if not problems:
            problems = [
                Problem(f"`pulumi {verb}` failed:\n    " + "\n    ".join(_clean(output).splitlines()[-15:]))
            ]
        problems[-1] = Problem(
            problems[-1].what, remedy=f"the whole output is in {places.LOGS / 'pulumi.log'}"
        )
        return Refusal(*problems, exit_code=Exit.CHECK_SAID_NO)

    def _init(self) -> None:
        """Makes the stack. `stack init` takes no `--config-file` and would write this checkout's salt into
        the committed file, so it is shown a project whose configuration folder is ours."""
        project = places.PULUMI / "init"
        project.mkdir(exist_ok=True)
        (project / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\nstackConfigDir: ..\n")
        self._pulumi("-C", str(project), "stack", "init", self.stack)

    def _copy_configuration(self) -> None:
        source = places.ROOT / "environments" / f"Pulumi.{self.stack}.yaml"
        # A salt belongs to one passphrase, and so to one checkout: the committed file's never counts.
        content = _SALT.sub("", source.read_text()) if source.exists() else ""
        if self.config_file.exists() and (salt := _SALT.search(self.config_file.read_text())):
            content += salt.group(0)
        if not self.config_file.exists() or self.config_file.read_text() != content:
            self.config_file.write_text(content)

    def _break_dead_lock(self) -> bool:
        """Whether locks are there and all of them belong to processes that are gone."""
        locks = list((places.PULUMI / ".pulumi" / "locks").rglob(f"{self.stack}/*.json"))
        for lock in locks:
            with contextlib.suppress(ValueError, OSError):
                if psutil.pid_exists(int(json.loads(lock.read_text()).get("pid", 0))):
                    return False
        return bool(locks)


def _read_events(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]


def _outcome(events: list[dict[str, Any]]) -> Outcome:
    for event in reversed(events):
        if summary := event.get("summaryEvent"):
            return Outcome(dict(summary.get("resourceChanges", {})), float(summary.get("durationSeconds", 0)))
    return Outcome()


def _violations(events: list[dict[str, Any]]) -> list[Problem]:
    """What the policies said that stops a change."""
    return [
        Problem(f"{_short(event['resourceUrn'])}: {event['policyName']}: {_clean(event['message'])}")
        for event in (e["policyEvent"] for e in events if "policyEvent" in e)
        if event.get("enforcementLevel") == "mandatory"
    ]


def _short(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]


def _clean(text: str) -> str:
    """Without the engine's colour tags and terminal codes."""
    return re.sub(r"<\{%.*?%\}>|\x1b\[[0-9;]*m", "", text).strip()
