"""The Pulumi program: the stack's name says the environment, the environment's cloud says which file describes it."""

from __future__ import annotations

import importlib
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

    try:
        environment = load(pulumi.get_stack())
        # Only one cloud's file, because each imports its own SDK, which takes seconds.
        name = f"stacks.{environment.cloud}"
        try:
            platform = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            raise Refusal.because(
                f"there is no platform for {environment.cloud} yet",
                remedy=f"it goes to stacks/{environment.cloud}.py; `local` can be applied",
            ) from None
        platform.describe(environment)
    except Refusal as refusal:
        raise pulumi.RunError(str(refusal)) from None


if __name__ == "__main__":
    main()
