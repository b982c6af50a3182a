"""One rehearsal, from a captured program to how each of its resources ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from environments.problems import Exit, Refusal
from policies.gate.graph import ResourceGraph
from policies.gate.projection import terraform as projection_to
from policies.gate.projection.root_module import needs
from policies.rehearsal import beside, diagnostics, drift, gaps
from policies.rehearsal.commands import Commands
from policies.rehearsal.diagnostics import Diagnostic
from policies.rehearsal.ledger import SECOND_PLAN, Ledger
from policies.rehearsal.mock import Mock
from policies.rehearsal.outcome import Broken, Rehearsal
from policies.rehearsal.watch import watched_folder
from policies.rehearsal.workspace import Workspace
from policies.terraform import installation
from policies.terraform.process import Terraform

FIRST = "first.tfplan"
SECOND = "second.tfplan"

_NO_START = "Failed to load plugin schemas"

# The account of a program that does not say its own.
ANY_ACCOUNT = "123456789012"


Assertions = Callable[[str], tuple[int, Sequence[Broken]]]
"""Looks at the mock at an address; how many assertions were made, and those that did not hold."""


@dataclass(frozen=True)
class Subject:
    """What is rehearsed."""

    name: str
    graph: ResourceGraph
    repository: Path
    """The folder that its assets and lines are named from."""
    assertions: Assertions | None = None
    """What must hold on the mock after the apply."""
    keep: Path | None = None
    """A folder to leave the module and the mock's log in."""


class Progress(Protocol):
    """Told how far a rehearsal is."""

    def stage(self, name: str) -> None:
        """A stage begins."""

    def count(self, done: int, of: int) -> None:
        """So many resources of a stage are done."""

    def ended(self, name: str, seconds: float) -> None:
        """A stage has ended."""


def rehearse(subject: Subject, progress: Progress) -> Rehearsal:
    """Applies a program's AWS resources to a mock with the real provider, and takes them away again.

    Raises:
        Refusal: nothing of it is AWS's, Terraform or its provider is not to be had, or the mock does not start.
    """
    projection = projection_to.project(subject.graph)
    if not any(item.provider.name == "aws" for item in projection.resources):
        raise Refusal.because(
            f"{subject.name} has no AWS resources",
            remedy="there is a mock of AWS only; what is on other clouds is judged by `sluice gate`",
        )
    terraform = installation.find()
    with watched_folder() as folder:
        run = _Run(subject, projection, terraform, folder, progress)
        try:
            return run.whole()
        finally:
            run.close()


class _Run:
    def __init__(
        self,
        subject: Subject,
        projection: projection_to.TerraformProjection,
        terraform: installation.Installation,
        folder: Path,
        progress: Progress,
    ) -> None:
        self._subject = subject
        self._folder = folder
        self._progress = progress
        self._mock = Mock(folder, _account(projection))
        self._workspace = Workspace(folder / "module", projection, subject.repository)
        self._terraform = Terraform(
            terraform, self._workspace.folder, folder / "aside", {beside.MARK: str(folder)}
        )
        self._commands = Commands(self._terraform)
        self._needs = {item.address: needs(item, projection) for item in projection.resources}
        self._ledger = Ledger(subject.graph, projection, self._needs, gaps.known())
        self.result = Rehearsal(
            subject.name,
            terraform.version,
            f"{installation.SOURCE.split('/', 1)[1]} {installation.VERSION}",
            dropped=self._ledger.dropped(),
        )

    def whole(self) -> Rehearsal:
        """All stages; what failed in one is left out of the next."""
        if self._prepare() and self._apply():
            self._look_again()
            self._assert()
            self._destroy()
        self.result.outcomes = self._ledger.outcomes()
        return self.result

    def close(self) -> None:
        """Keeps what was asked for, and ends the mock."""
        if self._subject.keep is not None:
            self._workspace.keep(self._subject.keep)
            if self._mock.log.exists():
                (self._subject.keep / self._mock.log.name).write_bytes(self._mock.log.read_bytes())
        self._mock.stop()

    def _prepare(self) -> bool:
        """Validates and plans all of it, again without what fails, until nothing fails."""
        self._workspace.write()
        with self._stage("init"):
            self._terraform.initialise()
            self._workspace.send_to(self._mock.url)
        for stage, check in (("validate", self._commands.validate), ("plan", self._plan)):
            with self._stage(stage):
                while self._book(stage, check()):
                    self._workspace.write(absent=self._ledger.failed)
            self._check_provider()
            if self.result.problems:
                return False
        self._ledger.planned()
        return True

    def _check_provider(self) -> None:
        """A provider that does not start says nothing of the program."""
        for problem in self.result.problems:
            if _NO_START in problem:
                raise Refusal.because(
                    f"the provider does not start: {problem}",
                    remedy="mend its installation: what `terraform init` keeps, the plugin cache, or the mirror",
                    exit_code=Exit.UNAVAILABLE,
                )

    def _plan(self) -> list[Diagnostic]:
        return self._commands.plan(FIRST)

    def _apply(self) -> bool:
        """Applies what can be; a resource that fails keeps only those that need it from being tried."""
        out = self._ledger.not_to_apply()
        with self._stage("apply"):
            if out:
                self._workspace.write(absent=out)
                self._book("plan", self._plan())
                if self.result.problems or self._ledger.failed - out:
                    # Cannot be but by a fault of ours: the same resources had a plan a moment ago.
                    self.result.problems.append("the plan without what cannot be applied fails")
                    return False
            whole = len(self._needs) - len(out)
            applied = self._commands.apply(FIRST, lambda done: self._progress.count(done, whole))
            self._ledger.created(applied.done)
            self._book("apply", applied.said)
        return True

    def _look_again(self) -> None:
        with self._stage(SECOND_PLAN):
            self._book(SECOND_PLAN, self._commands.plan(SECOND))
            # A plan with errors has what could be planned all the same.
            made = (self._workspace.folder / SECOND).exists()
            changes = self._commands.changes(SECOND) if made else []
            self._ledger.looked_at({item["address"] for item in changes})
            self._ledger.drifted(drift.read(changes, self._ledger.applied, gaps.known().attributes))

    def _assert(self) -> None:
        if self._subject.assertions is None:
            return
        with self._stage("assertions"):
            self.result.asserted, broken = self._subject.assertions(self._mock.url)
            for one in broken:
                if not self._ledger.broke(one):
                    self.result.problems.append(f"{one.name}: {one.what}")

    def _destroy(self) -> None:
        whole = len(self._ledger.applied)
        with self._stage("destroy"):
            gone = self._commands.destroy(lambda done: self._progress.count(done, whole))
            self._book("destroy", gone.said)
            for address in sorted(self._ledger.applied - self._ledger.failed - gone.done):
                self._ledger.fail(address, "destroy", ["it is still there"])

    def _book(self, stage: str, said: Iterable[Diagnostic]) -> bool:
        """Books the errors of a stage; whether a resource failed that had not failed before."""
        sorted_ = diagnostics.sort(said, self._needs, self._workspace.address_at)
        self.result.problems += [f"{stage}: {message}" for message in sorted_.others]
        fresh = False
        for address, messages in sorted_.found.items():
            fresh = address not in self._ledger.failed or fresh
            self._ledger.fail(address, stage, messages)
        return fresh

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        since = time.monotonic()
        self._progress.stage(name)
        yield
        self.result.seconds[name] = time.monotonic() - since
        self._progress.ended(name, self.result.seconds[name])


def _account(projection: projection_to.TerraformProjection) -> str:
    """The account that the program says it is for: the mock's answers and ARNs have it.

    Raises:
        Refusal: its providers are for different accounts.
    """
    allowed = [set(one.accounts) for one in projection.providers.values() if one.accounts]
    if not allowed:
        return ANY_ACCOUNT
    common = set.intersection(*allowed)
    if not common:
        raise Refusal.because(
            "the program's providers are for different accounts",
            remedy="the mock is one account: rehearse the part that is in one of them",
            exit_code=Exit.BAD_INPUT,
        )
    return sorted(common)[0]
