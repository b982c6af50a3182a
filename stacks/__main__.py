"""The Pulumi program: the stack's name says the environment, its cloud says which file describes it."""

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
    from environments.load import load
    from environments.problems import Refusal
    from environments.vocabulary import Cloud

    try:
        environment = load(pulumi.get_stack())
        if environment.cloud is Cloud.LOCAL:
            _require_importable_providers()
        # Only one cloud's file, because each imports its own SDK, which takes seconds.
        platform = importlib.import_module(f"stacks.{environment.cloud}")
        platform.describe(environment)
    except Refusal as refusal:
        raise pulumi.RunError(str(refusal)) from None


def _require_importable_providers() -> None:
    """`local`'s providers run in a process of their own, which finds `modules` by PYTHONPATH."""
    from environments.problems import Exit, Refusal

    if str(ROOT) not in os.environ.get("PYTHONPATH", "").split(os.pathsep):
        raise Refusal.because(
            "this shell is not set up for the local stack: PYTHONPATH does not name the repository",
            remedy='run `eval "$(./sluice env shell)"` first',
            exit_code=Exit.UNAVAILABLE,
        )


if __name__ == "__main__":
    main()
