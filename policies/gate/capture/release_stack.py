"""The two stacks of one of our environments: what the platform's is planned to give out feeds the release's.

So what would be shipped where can be seen before either of them was ever applied.
"""

from __future__ import annotations

from environments.load import RELEASE_SUFFIX, load
from environments.places import ROOT
from policies.gate.capture import capture
from policies.gate.graph import ResourceGraph


def capture_release(environment: str) -> ResourceGraph:
    """Captures `<environment>-release` after the platform that it stands on.

    Raises:
        Refusal: there is no such environment, or one of the two programs does not run to its end.
    """
    load(environment)
    platform = capture(ROOT, environment)
    reference = f"{platform.organization}/{platform.project}/{environment}"
    return capture(ROOT, environment + RELEASE_SUFFIX, stacks={reference: platform})
