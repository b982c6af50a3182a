"""One trial: a fault strikes while a release is shipped under the eyes of a reader, and the next ship must succeed."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from dags.bundle.sluice_bundle.errors import ReleaseError
from dags.bundle.sluice_bundle.storage import ObjectStorage
from dags.bundle.sluice_bundle.store import ReleaseStore
from dags.bundle.sluice_bundle.sync import bring
from environments import places
from releases.build import Release, build
from releases.ship import ship_built
from tests.faults.proxy import Fault, Proxy
from tests.faults.shipper import TERM
from tests.faults.whole import broken
from tests.object_servers import ObjectServer
from tests.toy_release import checkout, quiet

# A reader that has met a dead line tries for 10 s, and a killed shipper's lease ends after 2.5.
CATCH_UP_SECONDS = 40


class Reader:
    """Airflow's bundle in a process of its own, behind a proxy of its own. Keeps what it served, poll by poll."""

    def __init__(self, server: ObjectServer, uri: str, cache: Path) -> None:
        self.proxy = Proxy(server.url)
        self.polls: list[dict[str, Any]] = []
        self._arrived = threading.Condition()
        self._command = [places.venv_python("runtime"), "-m", "tests.faults.reader", uri, str(cache)]
        self._environment = {
            **os.environ,
            **server.environment(self.proxy.url),
            "PYTHONPATH": os.pathsep.join([str(places.ROOT), str(places.ROOT / "dags" / "bundle")]),
            "AIRFLOW_HOME": str(cache.parent / "airflow"),
        }

    def __enter__(self) -> Reader:
        self.proxy.__enter__()
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            cwd=places.ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        threading.Thread(target=self._listen, daemon=True).start()
        assert self.wait_for(lambda poll: True), "the reader does not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self.proxy.__exit__(None, None, None)

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = CATCH_UP_SECONDS) -> bool:
        """Whether a poll from now on is as wanted."""
        start = len(self.polls)
        with self._arrived:
            return self._arrived.wait_for(lambda: any(map(wanted, self.polls[start:])), seconds)

    def serves(self, release: str | None) -> bool:
        """Whether it comes to serve that release."""
        return self.wait_for(lambda poll: poll["release"] == release)

    @contextmanager
    def full_disk(self, limit: int) -> Iterator[None]:
        """No file that it, or a process that it starts, writes may grow over that many bytes."""
        process = psutil.Process(self._process.pid)
        hard = process.rlimit(resource.RLIMIT_FSIZE)[1]
        process.rlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            yield
        finally:
            process.rlimit(resource.RLIMIT_FSIZE, (hard, hard))

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            with self._arrived:
                self.polls.append(json.loads(line))
                self._arrived.notify_all()


@dataclass
class Bench:
    """A store, the way to it through a proxy, and perhaps a reader."""

    server: ObjectServer
    uri: str
    folder: Path
    proxy: Proxy
    reader: Reader | None = None
    made: int = 0
    requests: int = 0
    """How many the last ship in a process of its own made."""
    problems: list[str] = field(default_factory=list)

    @property
    def polls(self) -> int:
        """How often the reader has looked."""
        return len(self.reader.polls) if self.reader else 0

    def watching(self) -> Reader:
        """The reader, which is there."""
        assert self.reader
        return self.reader

    @property
    def store(self) -> ReleaseStore:
        """The store without a fault on the way."""
        return ReleaseStore(ObjectStorage(self.uri))

    def current(self) -> str | None:
        """What the pointer names, if there is one that can be read."""
        try:
            found = self.store.read_pointer()
        except ReleaseError:
            return None
        return found.pointer.release if found else None

    def next(self) -> tuple[Path, Release]:
        """A checkout that was never shipped."""
        self.made += 1
        root = checkout(self.folder / f"checkout-{self.made}", greeting=f"{self.folder.name} {self.made}")
        return root, build(root)

    def ship_under(self, fault: Fault | None, root: Path) -> dict[str, Any]:
        """Ships in a process whose requests pass the proxy; how it ended, `killed` if it could not say."""
        process = subprocess.Popen(
            [places.venv_python("infra"), "-m", "tests.faults.shipper", self.uri, str(root)],
            env={**os.environ, **self.server.environment(self.proxy.url), "PYTHONPATH": str(places.ROOT)},
            cwd=places.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin and process.stdout
        process.stdout.readline()
        if fault and fault.kind.startswith("kill"):
            fault.pid = process.pid
        self.proxy.arm(fault)
        said, _ = process.communicate("go\n", timeout=120)
        self.requests = self.proxy.requests
        self.proxy.arm(None)
        return dict(json.loads(said)) if said.strip() else {"killed": process.returncode}

    def ship(self, release: Release) -> bool:
        """The next ship, by whoever comes next: nothing is mended by hand before it."""
        return ship_built(release, ObjectStorage(self.uri), None, quiet, by="next", term=TERM).moved

    def brought_by_a_new_reader(self) -> str | None:
        """What a reader with an empty cache gets, every byte verified; None if it gets nothing."""
        release = self.current()
        if release is None:
            return None
        with TemporaryDirectory(dir=self.folder) as cache:
            try:
                folder = bring(self.store, release, Path(cache))
            except ReleaseError:
                return None
            self.expect(broken(folder, release) is None, f"a new reader got {broken(folder, release)}")
        return release

    def expect(self, truth: object, what: str) -> None:
        """Notes what is not so."""
        if not truth:
            self.problems.append(what)

    def watched(self, since: int, allowed: list[str | None]) -> None:
        """All that the reader served since then is whole, and in the order in which it may come."""
        if self.reader is None:
            return
        served = self.reader.polls[since:]
        self.expect(all(poll["broken"] is None for poll in served), f"served broken files: {served[-1]}")
        seen = [poll["release"] for poll in served]
        ranks = [allowed.index(release) if release in allowed else -1 for release in seen]
        self.expect(-1 not in ranks, "served a release that was not current")
        self.expect(ranks == sorted(ranks), "went back to an earlier release")


@contextmanager
def bench(server: ObjectServer, folder: Path, *, read: bool = True) -> Iterator[Bench]:
    """A new store with one release in it, watched by a reader."""
    folder.mkdir()
    with Proxy(server.url) as proxy:
        made = Bench(server, server.bucket(), folder, proxy)
        if not read:
            yield made
            return
        made.ship(made.next()[1])
        with Reader(server, made.uri, folder / "cache") as reader:
            made.reader = reader
            yield made
