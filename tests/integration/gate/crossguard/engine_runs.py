"""Runs the real engine on a program with the policy pack, and reads what the pack said of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments import places

HERE = Path(__file__).resolve().parent
PACK = places.ROOT / "policies" / "crossguard" / "__main__.py"
CLOUDS = ("aws", "gcp", "azure-native")


@dataclass(frozen=True)
class Said:
    """What the pack said of one stack, and what the engine made of it."""

    violations: tuple[dict[str, Any], ...]
    summary: str
    exit_code: int
    output: str
    events: str

    def verdicts(self) -> set[tuple[str, str, str]]:
        """Rule, URN and verdict of everything that did not pass."""
        return {(item["policyName"], item["resourceUrn"], _verdict(item)) for item in self.violations}

    def stopping(self) -> set[tuple[str, str]]:
        """Rule and URN of what stops the change."""
        return {
            (item["policyName"], item["resourceUrn"])
            for item in self.violations
            if item["enforcementLevel"] == "mandatory"
        }

    def of(self, rule: str, name: str) -> dict[str, Any]:
        """The only violation of a rule on the resource of that name."""
        found = [
            item
            for item in self.violations
            if item["policyName"] == rule and item["resourceUrn"].endswith(f"::{name}")
        ]
        assert len(found) == 1, found or self.violations
        return found[0]


def _verdict(violation: dict[str, Any]) -> str:
    """The message is the rule's title, and on the next line the verdict."""
    return str(violation["message"].splitlines()[1].split(":")[0])


class EngineRuns:
    """A backend of its own, and providers that echo."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        tools = folder / "bin"
        tools.mkdir()
        (folder / "state").mkdir()
        for package in CLOUDS:
            plugin = tools / f"pulumi-resource-{package}"
            plugin.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{HERE / "echo_provider.py"}" "$@"\n')
            plugin.chmod(0o755)
        path = [tools, places.BIN, places.VENVS / "infra" / "bin", os.environ["PATH"]]
        self.environment = {
            "PATH": os.pathsep.join(map(str, path)),
            "VIRTUAL_ENV": str(places.VENVS / "infra"),
            "HOME": str(folder),
            "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "correct horse",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DEBUG_COMMANDS": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def own(self, environment: str) -> Said:
        """Previews one of this repository's environments."""
        project = self._folder / f"init-{environment}"
        project.mkdir()
        (project / "Pulumi.yaml").write_text("name: sluice\nruntime: python\n")
        self.pulumi(project, "stack", "init", environment)
        config = self._folder / f"Pulumi.{environment}.yaml"
        shutil.copy(places.ROOT / "environments" / config.name, config)
        return self.run("preview", places.ROOT, environment, "--config-file", str(config))

    def program(self, name: str) -> Path:
        """A copy of one of the programs with planted faults, with a stack `dev`."""
        folder = self._folder / name
        if not folder.exists():
            shutil.copytree(HERE / "programs" / name, folder)
            self.pulumi(folder, "stack", "init", "dev")
        return folder

    def run(
        self, verb: str, folder: Path, stack: str, *arguments: str, context: dict[str, Any] | None = None
    ) -> Said:
        """Runs the engine; its exit code is part of the answer."""
        events = self._folder / f"{folder.name}-{stack}-{verb}.events"
        events.unlink(missing_ok=True)
        if context is not None:
            settings = self._folder / f"{folder.name}-pack.json"
            settings.write_text(json.dumps({"context": context}))
            arguments += ("--policy-pack-config", str(settings))
        done = self.start(
            folder,
            verb,
            *("-s", stack, "--non-interactive", "--suppress-outputs", "--event-log", str(events)),
            *("--policy-pack", str(PACK), *arguments),
        )
        text = events.read_text() if events.exists() else ""
        parsed = [json.loads(line) for line in text.splitlines()]
        notes = [item["diagnosticEvent"]["message"] for item in parsed if "diagnosticEvent" in item]
        return Said(
            tuple(item["policyEvent"] for item in parsed if "policyEvent" in item),
            next((note.strip() for note in notes if note.startswith("policies:")), ""),
            done.returncode,
            done.stdout + done.stderr,
            text,
        )

    def pulumi(self, folder: Path, *arguments: str) -> str:
        """Runs the CLI, which must succeed."""
        done = self.start(folder, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs the CLI, whatever comes of it."""
        return subprocess.run(
            [places.BIN / "pulumi", *arguments],
            cwd=folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
