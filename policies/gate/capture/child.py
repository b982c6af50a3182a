"""Runs one program to its end in this process and says what it would create, or why it cannot be known."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import json
import logging
import os
import runpy
import sys
import warnings
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from pulumi.runtime import config as runtime_config
from pulumi.runtime import mocks, settings, stack

from policies.gate.capture import explain, hooks, sandbox
from policies.gate.capture.monitor import Engine, Monitor
from policies.gate.capture.redaction import redacted
from policies.gate.capture.session import Job, Session
from policies.gate.capture.transforms import LocalCallbacks
from policies.gate.graph import SCHEMA, Diagnostic, ResourceGraph

_OURS = ("policies", "environments")


class _Loop(asyncio.SelectorEventLoop):
    """Answers the SDK's requests in the loop's own thread: no threads, so the order is the same each time."""

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]
        if executor is not None or getattr(func, "__module__", "") != "pulumi.runtime._context":
            return super().run_in_executor(executor, func, *args)
        try:
            result = func(*args)
        except Exception as error:
            failed = self.create_future()
            failed.set_exception(error)
            return failed
        if asyncio.iscoroutine(result):
            return self.create_task(result)
        if isinstance(result, tuple) and asyncio.iscoroutine(result[0]):
            return self.create_task(_with_rest(result))
        answered = self.create_future()
        answered.set_result(result)
        return answered


async def _with_rest(result: tuple[Any, ...]) -> tuple[Any, ...]:
    """The SDK answers a call with a pair of response and error."""
    return (await result[0], *result[1:])


class Capture:
    """One run of one program."""

    def __init__(self, job: Job, result: int) -> None:
        self._session = Session.of(job)
        self._result = result
        for key in job.encrypted:
            self._session.tokens.key(job.encrypted[key])
        self._monitor: Monitor | None = None
        self._reads: set[str] = set()

    def run(self) -> NoReturn:
        """Runs the program, writes the result, ends the process."""
        job = self._session.job
        try:
            sandbox.limit(job.timeout, job.memory, self._late)
            sandbox.refuse_the_world(self._refused)
            sandbox.watch_reads(self._reads, job.packages)
            sandbox.stop_time_and_chance()
            error = self._run_program()
            self._end(error)
        except MemoryError as error:
            self._fail([explain.memory(self._session, error)])
        except BaseException as error:
            self._fail([explain.error(self._session, error, self._monitor)])
        os._exit(0)

    def _run_program(self) -> BaseException | None:
        job = self._session.job
        _prepare(job)
        loop = _Loop()
        asyncio.set_event_loop(loop)
        self._monitor = Monitor(self._session)
        _configure(job, self._monitor)
        hooks.install(self._session)
        main = Path(job.main)
        sys.argv = [str(main)]
        os.chdir(main if main.is_dir() else main.parent)
        try:
            loop.run_until_complete(_within_stack(main, self._monitor))
        except SystemExit as error:
            return None if error.code in (None, 0) else error
        except BaseException as error:
            return error
        return None

    def _end(self, error: BaseException | None) -> None:
        problems = explain.missing(self._session)
        if not problems and error is not None:
            problems = [explain.error(self._session, error, self._monitor)]
        if problems:
            self._fail(problems)
        else:
            graph = redacted(self._graph(), self._session.reader.secrets)
            self._write({"graph": graph, "reads": sorted(self._reads)})

    def _graph(self) -> ResourceGraph:
        session, job = self._session, self._session.job
        assert self._monitor is not None
        records = self._monitor.records
        used = {item.package for item in records.resources.values()}
        used |= {item.package for item in records.providers.values()}
        return ResourceGraph(
            project=job.project,
            stack=job.stack,
            organization=job.organization,
            program=os.path.relpath(job.program, job.root).replace(os.sep, "/"),
            schema=SCHEMA,
            packages=_packages(used),
            resources=dict(sorted(records.resources.items())),
            providers=dict(sorted(records.providers.items())),
            outputs=records.stack_outputs,
            calls=tuple(session.calls[key] for key in sorted(session.calls)),
            diagnostics=tuple(sorted(session.diagnostics, key=_order)),
        )

    def _late(self, frame: FrameType | None) -> None:
        self._fail([explain.late(self._session, frame)])

    def _refused(self, kind: str, what: str, frame: FrameType | None) -> None:
        self._fail([explain.refused(self._session, kind, what, frame)])

    def _fail(self, problems: list[dict[str, Any]]) -> None:
        self._write({"problems": redacted(problems, self._session.reader.secrets)})

    def _write(self, content: dict[str, Any]) -> NoReturn:
        data = json.dumps(content, sort_keys=True).encode()
        os.lseek(self._result, 0, os.SEEK_SET)
        os.ftruncate(self._result, 0)
        while data:
            data = data[os.write(self._result, data) :]
        os._exit(0)


def _order(diagnostic: Diagnostic) -> tuple[Any, ...]:
    return (
        diagnostic.kind,
        diagnostic.urn or "",
        [str(site) for site in diagnostic.sites],
        diagnostic.message,
    )


def _prepare(job: Job) -> None:
    """Makes this process look like one that `pulumi` started for the program."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    here = str(Path(__file__).resolve().parents[3])
    sys.path[:] = [entry for entry in sys.path if entry and os.path.realpath(entry) != here]
    os.environ.update(job.environment)
    # The program may have packages of the same names.
    for name in [name for name in sys.modules if name.split(".")[0] in _OURS]:
        del sys.modules[name]
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 3000))


def _configure(job: Job, monitor: Monitor) -> None:
    settings.reset_options(
        project=job.project,
        stack=job.stack,
        organization=job.organization,
        root_directory=job.program,
        preview=True,
    )
    features = set(monitor.GetDeploymentInfo(None).supportedFeatures)  # type: ignore[no-untyped-call]
    settings.configure(
        mocks.MockSettings(  # type: ignore[no-untyped-call]
            monitor=monitor,
            monitor_features=features,
            engine=Engine(),
            project=job.project,
            stack=job.stack,
            organization=job.organization,
            root_directory=job.program,
            dry_run=True,
            legacy_apply_enabled=False,
            package_refs={},
            base_providers_by_ref={},
            parallel=None,
            callbacks=None,
        )
    )
    runtime_config.set_all_config(dict(job.config), list(job.secret_keys))


async def _within_stack(main: Path, monitor: Monitor) -> None:
    settings.SETTINGS.callbacks = LocalCallbacks(monitor)
    await stack.run_in_stack(lambda: _program(main))


def _program(main: Path) -> None:
    runpy.run_path(str(main), run_name="__main__")


def _packages(used: set[str]) -> dict[str, str]:
    """Versions of the SDK and of the packages that were used, not of all that is imported."""
    found = {}
    for name in sorted({"pulumi", *(f"pulumi-{package}" for package in used)}):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found
