"""From targets to graphs, whatever language a target's program is written for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from environments.problems import Refusal
from policies.gate.capture import Program, capture_all, virtualenv_of
from policies.gate.capture.launch import Captured
from policies.gate.from_terraform import reader, run
from policies.gate.graph import SCHEMA, ResourceGraph
from policies.gate.revision import Checkout
from policies.gate.targets import Target


def captured(targets: Sequence[Target], checkout: Checkout | None = None) -> list[Captured]:
    """The graphs of all targets, in order; at a revision's files where one is checked out.

    Raises:
        Refusal: one or more cannot be captured; the problems of all of them, each once.
    """
    pulumi = [target for target in targets if target.module is None]
    by_capture = iter(capture_all([_program(target, checkout) for target in pulumi]))
    results = [
        next(by_capture) if target.module is None else _terraform(target, target.module, checkout)
        for target in targets
    ]
    refused = [result for result in results if isinstance(result, Refusal)]
    if refused:
        problems = dict.fromkeys(problem for refusal in refused for problem in refusal.problems)
        raise Refusal(*problems, exit_code=refused[0].exit_code)
    return [result for result in results if isinstance(result, Captured)]


def _program(target: Target, checkout: Checkout | None) -> Program:
    now = target.program()
    if checkout is None:
        return now
    # With the packages of today's: a checkout has none of its own.
    python = target.python or virtualenv_of(target.folder)
    return replace(now, folder=checkout.path(target.folder), root=checkout.root, python=python)


def _terraform(target: Target, module: str, checkout: Checkout | None) -> Captured | Refusal:
    root = target.folder if checkout is None else checkout.path(target.folder)
    folder = root / Path(*module.split("."))
    empty = ResourceGraph(target.project, target.stack, schema=SCHEMA)
    if checkout is not None and not folder.is_dir():
        return Captured(empty, ())  # the revision had none yet
    try:
        document = json.loads(run.printed(root, module, [target.environment]))
        program = folder.relative_to(root).as_posix()
        graph = reader.graph_of(document, target.project, target.stack, program)
    except Refusal as refusal:
        return refusal
    return Captured(graph, (folder, *sorted(path for path in folder.iterdir() if path.is_file())))
