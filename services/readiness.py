"""Waits until services answer, and says which one does not and where its log is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import httpx

from environments import places
from environments.endpoints import LocalEndpoints
from environments.problems import Exit, Problem, Refusal
from services import pulse, supervisor
from services.processes import Service


def answers(service: Service, at: LocalEndpoints) -> bool:
    """Whether a listening service answers its readiness path, or one that listens nowhere gives signs of life."""
    if service.endpoint is None:
        return service.pulses is None or pulse.alive(service.pulses)
    try:
        response = httpx.get(
            f"{getattr(at, service.endpoint)}{service.ready_path}", timeout=5, trust_env=False
        )
    except httpx.HTTPError:
        return False
    return response.status_code < 400


def wait(
    services: Iterable[Service],
    at: LocalEndpoints,
    *,
    seconds: float,
    say: Callable[[str], None] | None = None,
) -> None:
    """Returns when every service runs and answers.

    Raises:
        Refusal: one has given up or does not answer in time; its last log lines are in the message.
    """
    waiting, deadline = list(services), time.monotonic() + seconds
    while waiting:
        states = supervisor.states()
        dead = [s for s in waiting if states[s.name].state in ("FATAL", "EXITED", "STOPPED")]
        late = waiting if time.monotonic() > deadline else []
        if dead or late:
            raise Refusal(*(_problem(s, gave_up=s in dead) for s in dead or late), exit_code=Exit.UNAVAILABLE)
        up = [s for s in waiting if states[s.name].state == "RUNNING" and answers(s, at)]
        for service in up:
            waiting.remove(service)
            if say:
                say(service.title)
        if waiting:
            time.sleep(0.15)


def _problem(service: Service, *, gave_up: bool) -> Problem:
    log = places.LOGS / f"{service.name}.log"
    tail = log.read_text(errors="replace").splitlines()[-8:] if log.exists() else []
    what = "does not stay up" if gave_up else "does not answer in time"
    return Problem(
        "\n    ".join([f"{service.title} {what}", *tail]),
        remedy=f"`./sluice logs {service.name}` shows the rest of {log}",
    )
