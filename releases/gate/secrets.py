"""No secret in any file of a release: detect-secrets, which checkov's environment has, looks at each."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from environments import places
from environments.problems import Exit, Location, Refusal
from releases.gate.finding import Finding

_SECONDS = 120
# Digests are of high entropy, and a release is full of them.
_NOISY = ("HexHighEntropyString",)


def check_secrets(folder: Path) -> Iterator[Finding]:
    """Lines of an unpacked release that hold what looks like a secret.

    Raises:
        Refusal: the scanner cannot run (exit code 3).
    """
    scanner = places.VENVS / "scan" / "bin" / "detect-secrets"
    command = [str(scanner), "scan", "--all-files", "--no-verify"]
    for plugin in _NOISY:
        command += ["--disable-plugin", plugin]
    try:
        done = subprocess.run(
            [*command, "."],
            cwd=folder,
            env={"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        found = json.loads(done.stdout)["results"]
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError):
        raise Refusal.because(
            "the scanner for secrets cannot run",
            where=Location(scanner),
            remedy="run `make install`; it installs checkov's environment, which has it",
            exit_code=Exit.UNAVAILABLE,
        ) from None
    for file in sorted(found):
        for secret in found[file]:
            yield Finding(
                "secret/in-file",
                f"this looks like a secret ({secret['type']})",
                file.removeprefix("./"),
                secret["line_number"],
                "keep it in the secrets service and name it in needs.yaml; if it is none, end the line with "
                "`# pragma: allowlist secret` and the reason",
            )
