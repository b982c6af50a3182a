"""What a captured program may not do or see: the network, other processes, the clock, chance, credentials.

Refusals use Python's audit events, which every socket and process of the standard library raises, also
from C: no re-import gets round them. The environment is an allow-list, set by the parent process.
"""

from __future__ import annotations

import datetime
import errno
import os
import random
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

_EPOCH = 1_767_225_600
"""2026-01-01T00:00:00Z, what the program takes for now."""

_NETWORK = {
    "socket.connect",
    "socket.sendto",
    "socket.sendmsg",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.gethostbyaddr",
    "socket.getnameinfo",
}
_PROCESSES = {
    "os.fork",
    "os.forkpty",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "subprocess.Popen",
    "pty.spawn",
}
_LARGEST_FILE = 256 * 2**20


def refuse_the_world(refuse: Callable[[str, str, FrameType | None], None]) -> None:
    """Ends the capture at the first socket or process; `refuse` (kind, what, frame) does not return.

    Listening is only denied: packages try it when they are imported, to learn what the machine can do.
    """

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "socket.bind":
            raise PermissionError(errno.EACCES, "a capture has no network: nothing can listen on an address")
        if event in _NETWORK:
            refuse("network", _network(event, args), sys._getframe(1))
        elif event in _PROCESSES:
            refuse("process", _process(event, args), sys._getframe(1))

    sys.addaudithook(hook)


def watch_reads(read: set[str], packages: Iterable[str] = ()) -> None:
    """Notes every file that the program opens and every folder that it lists, but for installed packages.

    The result depends on what was read, on packages (the lock file says which) and on `Pulumi.yaml`. Of the
    program's own `packages` the folder stands for all: the versions are in the names that it lists.
    """
    read.update(packages)
    installed = tuple(
        os.path.realpath(prefix) + os.sep for prefix in {sys.prefix, sys.base_prefix, *packages}
    )
    elsewhere = ("/proc/", "/dev/", "/sys/", os.environ["HOME"] + os.sep)
    busy = False

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal busy
        if busy or event not in ("open", "os.listdir", "os.scandir") or not args:
            return
        busy = True
        try:
            path = args[0] if args[0] is not None else "."
            if isinstance(path, str | bytes | os.PathLike):
                real = os.path.realpath(os.fsdecode(path))
                if not real.startswith(installed) and not real.startswith(elsewhere):
                    read.add(real)
        finally:
            busy = False

    sys.addaudithook(hook)


def _network(event: str, args: tuple[Any, ...]) -> str:
    target: Any = next((item for item in reversed(args) if isinstance(item, tuple | str | bytes)), "")
    if event == "socket.getaddrinfo":
        target = args[:2]
    if isinstance(target, tuple):
        target = ":".join(str(part) for part in target[:2] if part is not None)
    return (
        f"{event}({target!s})"
        if not isinstance(target, bytes)
        else f"{event}({target.decode(errors='replace')})"
    )


def _process(event: str, args: tuple[Any, ...]) -> str:
    command = args[1] if event == "subprocess.Popen" and len(args) > 1 else args[0] if args else ""
    if isinstance(command, list | tuple):
        command = command[0] if command else ""
    if isinstance(command, bytes):
        command = command.decode(errors="replace")
    first = str(command).split(" ", 1)[0] if command else ""
    return f"{event}({first})"


def limit(seconds: float, memory: int, late: Callable[[FrameType | None], None]) -> None:
    """Bounds time (by an alarm that knows the line) and memory, beyond what the process has already."""
    signal.signal(signal.SIGALRM, lambda _signum, frame: late(frame))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    taken = _address_space()
    if taken is not None:
        resource.setrlimit(resource.RLIMIT_AS, (taken + memory, taken + memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _address_space() -> int | None:
    """What the process has mapped already; only Linux says, and only Linux enforces the limit."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return None


def stop_time_and_chance() -> None:
    """Fixes the clock and seeds every source of chance."""
    stream = random.Random(0)

    def urandom(size: int) -> bytes:
        return stream.randbytes(size)

    os.urandom = urandom
    random._urandom = urandom  # type: ignore[attr-defined]
    random.seed(0)
    time.time = lambda: float(_EPOCH)
    time.time_ns = lambda: _EPOCH * 1_000_000_000
    _fix_dates()
    _fix_structs()
    socket.gethostname = lambda: "sluice"
    os.getlogin = lambda: "sluice"


def _fix_structs() -> None:
    for name in ("gmtime", "localtime"):
        original = getattr(time, name)
        setattr(time, name, lambda secs=None, _original=original: _original(_EPOCH if secs is None else secs))
    formatted, as_text = time.strftime, time.ctime
    time.strftime = lambda form, *given: formatted(form, *(given or (time.gmtime(_EPOCH),)))
    time.ctime = lambda secs=None: as_text(_EPOCH if secs is None else secs)


def _fix_dates() -> None:
    real_date, real_datetime = datetime.date, datetime.datetime

    class AnyDate(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real_date)

    class AnyDatetime(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real_datetime)

    class FixedDate(real_date, metaclass=AnyDate):  # type: ignore[valid-type,misc]
        @classmethod
        def today(cls) -> Any:
            moment = real_datetime.fromtimestamp(_EPOCH, datetime.UTC)
            return cls(moment.year, moment.month, moment.day)

    class FixedDatetime(real_datetime, metaclass=AnyDatetime):  # type: ignore[valid-type,misc]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            moment = cls.fromtimestamp(_EPOCH, tz or datetime.UTC)
            return moment if tz else moment.replace(tzinfo=None)

        @classmethod
        def utcnow(cls) -> Any:
            return cls.now()

        @classmethod
        def today(cls) -> Any:
            return cls.now()

    for made, name in ((FixedDate, "date"), (FixedDatetime, "datetime")):
        made.__name__ = made.__qualname__ = name
        made.__module__ = "datetime"
    datetime.date = FixedDate  # type: ignore[misc]
    datetime.datetime = FixedDatetime  # type: ignore[misc]
