"""The formats that a gate report can be written in, by the name that `--format` takes."""

from __future__ import annotations

from collections.abc import Callable

from policies.gate.report import GateReport
from policies.gate.reports import github, json_report, junit, markdown, sarif, terminal

FORMATS: dict[str, Callable[[GateReport], str]] = {
    "terminal": terminal.render,
    "json": json_report.render,
    "sarif": sarif.render,
    "junit": junit.render,
    "markdown": markdown.render,
    "github": github.render,
}
