"""`python -m services.launch NAME`: becomes that service.

The supervisor starts this rather than the service itself, so that secrets reach a service by its own
environment only: they are in no configuration file and in no argument.
"""

from __future__ import annotations

import os
import sys

from environments import places
from environments.endpoints import LocalEndpoints
from services import credentials, leftovers
from services.processes import BY_NAME, CHECKOUT_MARK, SERVICE_MARK


def main(name: str) -> None:
    """Sweeps what a killed predecessor left, then replaces this process by the service."""
    service = BY_NAME[name]
    leftovers.sweep(name)
    at = LocalEndpoints.load()
    environment = {
        **os.environ,
        **service.environment(credentials.load(), at),
        CHECKOUT_MARK: str(places.STATE),
        SERVICE_MARK: name,
    }
    for folder in (service.folder, *service.makes):
        folder.mkdir(parents=True, exist_ok=True)
    os.chdir(service.folder)
    command = service.command(at)
    os.execvpe(command[0], command, environment)


if __name__ == "__main__":
    main(sys.argv[1])
