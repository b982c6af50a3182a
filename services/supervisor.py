"""Starts, asks and stops supervisord, which keeps the local services running."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import Faults, SupervisorTransport

from environments import places
from environments.problems import Exit, Refusal
from services import leftovers
from services.processes import CHECKOUT_MARK, SERVICES, Service

CONFIGURATION = places.RUN / "supervisord.conf"
PID_FILE = places.RUN / "supervisord.pid"


@dataclass(frozen=True)
class State:
    """What supervisord says of one service; `since` is seconds since the epoch."""

    name: str
    state: str
    pid: int
    since: float

    @property
    def running(self) -> bool:
        """Whether it is up, or coming up."""
        return self.state in ("RUNNING", "STARTING")


def socket_path() -> Path:
    """supervisord's control socket. A socket's path may have about 100 bytes, so a deep checkout's lies
    in a private folder of the system's temporary one."""
    path = places.RUN / "supervisor.sock"
    if len(os.fsencode(path)) < 100:
        return path
    digest = hashlib.sha256(os.fsencode(places.STATE)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"sluice-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{digest}.sock"


def _client() -> Any:
    transport = SupervisorTransport(None, None, f"unix://{socket_path()}")
    return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor


def alive() -> bool:
    """Whether our supervisord answers."""
    try:
        _client().getState()
    except (OSError, xmlrpc.client.Error):
        return False
    return True


def states() -> dict[str, State]:
    """All services by name; empty where no supervisord runs."""
    try:
        answer = _client().getAllProcessInfo()
    except (OSError, xmlrpc.client.Error):
        return {}
    return {row["name"]: State(row["name"], row["statename"], row["pid"], row["start"]) for row in answer}


def ensure() -> bool:
    """Starts supervisord where none of ours answers, after ending what a killed one left behind.

    Returns:
        Whether it had to be started.
    """
    content = _configuration()
    if alive():
        if CONFIGURATION.exists() and CONFIGURATION.read_text() == content:
            return False
        stop()
    leftovers.sweep()
    places.RUN.mkdir(parents=True, exist_ok=True)
    places.LOGS.mkdir(parents=True, exist_ok=True)
    socket_path().unlink(missing_ok=True)
    PID_FILE.unlink(missing_ok=True)
    CONFIGURATION.write_text(content)
    result = subprocess.run(
        [str(Path(sys.executable).with_name("supervisord")), "-c", str(CONFIGURATION)],
        env={**os.environ, CHECKOUT_MARK: str(places.STATE)},
        cwd=places.ROOT,
        text=True,
        capture_output=True,
    )
    if result.returncode != 0 or not _wait(alive, 10):
        raise Refusal.because(
            f"the supervisor did not start: {(result.stderr or result.stdout).strip()[-500:]}",
            remedy=f"look into {places.LOGS / 'supervisord.log'}",
            exit_code=Exit.UNAVAILABLE,
        )
    return True


def start(services: Iterable[Service]) -> list[str]:
    """Starts those that are not running; returns their names."""
    now, started = states(), []
    for service in services:
        if not now[service.name].running:
            try:
                _client().startProcess(service.name, False)
            except xmlrpc.client.Fault as fault:
                if fault.faultCode != Faults.ALREADY_STARTED:
                    raise
            started.append(service.name)
    return started


def restart(services: Iterable[Service]) -> None:
    """Stops and starts services, for a new configuration to take effect."""
    chosen = list(services)
    for service in chosen:
        try:
            _client().stopProcess(service.name, True)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != Faults.NOT_RUNNING:
                raise
    start(chosen)


def stop() -> bool:
    """Stops every service and supervisord; whatever is left after that is ended too.

    Returns:
        Whether anything was running.
    """
    was_alive = alive()
    if was_alive:
        # Airflow's processes take some seconds each: stop all at once rather than one after the other.
        _client().stopAllProcesses(True)
        _client().shutdown()
        _wait(lambda: not alive(), 20)
    swept = leftovers.sweep()
    socket_path().unlink(missing_ok=True)
    return was_alive or swept > 0


def _wait(condition: Any, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def _configuration() -> str:
    """supervisord's configuration; holds no secret."""
    lines = [
        "[unix_http_server]",
        f"file={_escaped(socket_path())}",
        "chmod=0700",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
        "[supervisord]",
        f"logfile={_escaped(places.LOGS / 'supervisord.log')}",
        "logfile_maxbytes=5MB",
        f"pidfile={_escaped(PID_FILE)}",
        f"childlogdir={_escaped(places.LOGS)}",
        "umask=077",
    ]
    for service in SERVICES:
        lines += [
            f"[program:{service.name}]",
            f"command={_escaped(sys.executable)} -m services.launch {service.name}",
            f"directory={_escaped(places.ROOT)}",
            "autostart=false",
            "autorestart=true",
            "startsecs=1",
            "startretries=5",
            "stopasgroup=true",
            "killasgroup=true",
            "stopwaitsecs=20",
            f"stdout_logfile={_escaped(places.LOGS / f'{service.name}.log')}",
            "stdout_logfile_maxbytes=20MB",
            "stdout_logfile_backups=2",
            "redirect_stderr=true",
        ]
    return "\n".join(lines) + "\n"


def _escaped(value: Path | str) -> str:
    """supervisord expands %; a quoted value may hold spaces."""
    text = str(value).replace("%", "%%")
    return f'"{text}"' if " " in text and text == str(sys.executable) else text
