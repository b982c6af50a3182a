"""The Pulumi program: the stack's name says the environment, its cloud says which file describes it.

`<environment>-release` is the second stack of an environment: what runs on its platform.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import pulumi

ROOT = Path(__file__).resolve().parent.parent
# The language host runs this folder, not the package.
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


def main() -> None:
    """Describes the platform of the selected stack.

    Raises:
        pulumi.RunError: a person has to mend something; it says what, without a traceback.
    """
    from environments.load import RELEASE_SUFFIX as SUFFIX
    from environments.load import load
    from environments.problems import Refusal
    from environments.vocabulary import Cloud

    try:
        stack = pulumi.get_stack()
        environment = load(stack.removesuffix(SUFFIX))
        releases = stack.endswith(SUFFIX)
        if environment.cloud is Cloud.LOCAL or releases:
            _require_importable_providers()
        # Only one cloud's file, because each imports its own SDK, which takes seconds.
        described = importlib.import_module("stacks.release" if releases else f"stacks.{environment.cloud}")
        described.describe(environment)
    except Refusal as refusal:
        raise pulumi.RunError(str(refusal)) from None


def _require_importable_providers() -> None:
    """Our own providers run in a process of their own, which finds `modules` by PYTHONPATH."""
    from environments.problems import Exit, Refusal

    if "PULUMI_CONFIG" not in os.environ:
        # No language host has started this program, so there is no engine and no provider: a capture.
        return
    if str(ROOT) not in os.environ.get("PYTHONPATH", "").split(os.pathsep):
        raise Refusal.because(
            "this shell is not set up for Sluice's own providers: PYTHONPATH does not name the repository",
            remedy='run `eval "$(./sluice env shell)"` first (for `local`), or `export PYTHONPATH="$PWD"`',
            exit_code=Exit.UNAVAILABLE,
        )


if __name__ == "__main__":
    main()
