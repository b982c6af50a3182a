"""The ports of the local services: free ones, chosen once and remembered."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

from environments import places
from environments.endpoints import LocalEndpoints
from environments.problems import Refusal

HOST = "127.0.0.1"
PORTS = places.RUN / "ports.json"

# Where the search for a free port starts, so that a fresh checkout gets the same ports as the last one.
PREFERRED = {"object_storage": 7070, "aws": 5005, "airflow": 8080, "source": 7080}


def choose(ours: Callable[[str], bool], say: Callable[[str], None]) -> LocalEndpoints:
    """The remembered ports; one that another program has taken meanwhile is replaced, and said.

    Args:
        ours: whether a service of that name is running under our supervisor (then its port is in use by us).
        say: told of every port that had to change.
    """
    remembered: dict[str, int] = {}
    if PORTS.exists():
        try:
            remembered = {name: int(port) for name, port in json.loads(PORTS.read_text()).items()}
        except (ValueError, AttributeError):
            say(f"the remembered ports in {PORTS} are damaged; choosing new ones")
    chosen: dict[str, int] = {}
    for name, preferred in PREFERRED.items():
        port = remembered.get(name)
        if port is None:
            chosen[name] = _first_free(preferred, set(chosen.values()))
        elif ours(name) or is_free(port):
            chosen[name] = port
        else:
            chosen[name] = _first_free(preferred, set(chosen.values()) | {port})
            say(f"port {port} of {name} is taken by another program; using {chosen[name]} from now on")
    endpoints = LocalEndpoints(**{name: f"http://{HOST}:{port}" for name, port in chosen.items()})
    places.RUN.mkdir(parents=True, exist_ok=True)
    _write_if_changed(PORTS, json.dumps(chosen, indent=2))
    _write_if_changed(places.ENDPOINTS, endpoints.model_dump_json(indent=2))
    return endpoints


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        # As servers do: a port in TIME_WAIT is free, one that is listened on is not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _first_free(start: int, taken: set[int]) -> int:
    for port in range(start, start + 200):
        if port not in taken and is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _write_if_changed(path: Path, content: str) -> None:
    if not path.exists() or path.read_text() != content:
        beside = path.with_name(f".{path.name}.new")
        beside.write_text(content)
        beside.replace(path)


def remembered() -> LocalEndpoints | None:
    """The addresses of the last time, if there was one."""
    try:
        return LocalEndpoints.load()
    except Refusal:
        return None
