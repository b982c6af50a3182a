"""The functions of this machine: when their service must start anew, and whether each of them is at work."""

from __future__ import annotations

import hashlib

from environments import places
from environments.endpoints import LocalEndpoints
from services import supervisor
from services.processes import BY_NAME

SERVICE = BY_NAME["functions"]
_STARTED_WITH = places.RUN / "functions.started-with"


def start(at: LocalEndpoints) -> list[str]:
    """Starts the service if it does not run; restarts it when the stack changed a function or its code.

    Returns:
        The names of the services that were started.
    """
    told = hashlib.sha256(places.FUNCTIONS.read_bytes() + at.model_dump_json().encode()).hexdigest()
    running = supervisor.states()[SERVICE.name].running
    if running and (not _STARTED_WITH.exists() or _STARTED_WITH.read_text() != told):
        supervisor.restart([SERVICE])
        started = [SERVICE.name]
    else:
        started = supervisor.start([SERVICE])
    _STARTED_WITH.write_text(told)
    return started
