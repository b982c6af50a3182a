"""`python -m stacks.bootstrap ENV [ENDPOINT]` prints the Terraform JSON of one environment's bootstrap."""

from __future__ import annotations

import sys

from environments.problems import Refusal


def main(name: str, endpoint: str | None = None) -> int:
    """Prints the root module; what a person has to mend goes to the standard error."""
    from stacks.bootstrap.cdk import text
    from stacks.bootstrap.names import environment_of
    from stacks.bootstrap.program import describe

    try:
        sys.stdout.write(text(describe(environment_of(name), endpoint).document()))
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return int(refusal.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
