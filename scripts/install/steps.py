"""Runs installation steps side by side, says what goes on, and remembers what is done."""

from __future__ import annotations

import hashlib
import subprocess
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from environments import places
from environments.problems import Exit, Refusal

STAMPS = places.INSTALLED / "stamps"
HEARTBEAT_SECONDS = 30


@dataclass(frozen=True)
class Step:
    """One thing to install. It is done when its stamp holds `inputs`; it waits for the steps in `after`."""

    name: str
    title: str
    inputs: str
    action: Callable[[], None]
    after: tuple[str, ...] = ()

    @property
    def stamp(self) -> Path:
        """The file that says for which inputs the step was last completed."""
        return STAMPS / self.name

    def done(self) -> bool:
        """Whether nothing it depends on has changed since it was completed."""
        return self.stamp.exists() and self.stamp.read_text() == self.inputs

    def run(self) -> None:
        """Does it; the stamp is taken away first, so that a killed step is not mistaken for a done one."""
        self.stamp.unlink(missing_ok=True)
        self.action()
        STAMPS.mkdir(parents=True, exist_ok=True)
        self.stamp.write_text(self.inputs)


def digest(*sources: Path | str) -> str:
    """The sha256 over the contents of files and over plain strings."""
    whole = hashlib.sha256()
    for source in sources:
        whole.update(source.read_bytes() if isinstance(source, Path) else source.encode())
    return whole.hexdigest()


def command(*arguments: str | Path, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    """Runs a program and returns what it printed.

    Raises:
        Refusal: it failed; the end of its output is in the message.
    """
    result = subprocess.run(
        [str(argument) for argument in arguments],
        env=env,
        cwd=cwd,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if result.returncode != 0:
        tail = "\n    ".join(result.stdout.strip().splitlines()[-12:])
        shown = " ".join([Path(str(arguments[0])).name, *map(str, arguments[1:4])])
        raise Refusal.because(
            f"`{shown} …` failed:\n    {tail}",
            remedy="mend what it names (often the network or a full disk), then run the same command again",
            exit_code=Exit.UNAVAILABLE,
        )
    return result.stdout


def run_all(steps: Iterable[Step], say: Callable[[str], None]) -> None:
    """Runs the steps that are not done, each as soon as those it waits for are.

    Raises:
        Refusal: what the failed steps said, all together.
    """
    pending = {step.name: step for step in steps if not step.done()}
    if not pending:
        return
    started: dict[Future[None], tuple[Step, float]] = {}
    failures: list[Refusal] = []
    with ThreadPoolExecutor(max_workers=6) as pool:
        while pending or started:
            running = {step.name for step, _ in started.values()}
            ready = [s for s in pending.values() if not any(n in pending or n in running for n in s.after)]
            for step in ready if not failures else ():
                del pending[step.name]
                say(f"  … {step.title}")
                started[pool.submit(step.run)] = (step, time.monotonic())
            if not started:
                break
            finished, _ = wait(started, timeout=HEARTBEAT_SECONDS, return_when=FIRST_COMPLETED)
            if not finished:
                names = ", ".join(f"{s.name} {time.monotonic() - t:.0f} s" for s, t in started.values())
                say(f"  … still at it: {names}")
            for future in finished:
                step, since = started.pop(future)
                try:
                    future.result()
                    say(f"  ✓ {step.name} ({time.monotonic() - since:.0f} s)")
                except Refusal as refusal:
                    say(f"  ✗ {step.name}")
                    failures.append(refusal)
    if failures:
        raise Refusal(*(p for f in failures for p in f.problems), exit_code=failures[0].exit_code)
