"""Source lines to quote, without the secrets that may stand in them."""

from __future__ import annotations

import re
from pathlib import Path

from policies.gate.graph import CallSite
from policies.gate.report import GateReport
from policies.gate.reports.escaping import visible

_LARGEST_FILE = 4 * 1024 * 1024
_LITERAL = r"""("(?:\\.|[^"\\])*(?:"|$)|'(?:\\.|[^'\\])*(?:'|$))"""
_ANY_LITERAL = re.compile(_LITERAL)
_SECRET_NAME = re.compile(
    r"""(?i)((?:passw|secret|token|credential|api_?key|private_?key|connection_?string)[\w"'\]]*"""
    r"\s*(?::\s*[\w.\[\]| ]+?\s*)?(?:=|:|,|\()"
    rf"\s*[rbuf]{{0,2}}){_LITERAL}"
)
_KNOWN_SECRET = re.compile(
    r"(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_\w{20,}|-----BEGIN [A-Z ]*PRIVATE KEY-----.*"
)
_LONGEST_LINE = 1_000
_MASK = '"…"'


class SourceLines:
    """Reads each file once for one report."""

    def __init__(self, report: GateReport) -> None:
        self._root = Path(report.root)
        self._files: dict[str, list[str]] = {}
        # A finding about a secret points at the very line where it may be written out.
        self._secret_lines = {
            (finding.source.file, finding.source.line)
            for environment in report.environments
            for finding in environment.findings
            if finding.source and finding.rule.category == "secrets"
        }

    def quote(self, site: CallSite) -> str | None:
        """The line, trimmed; None where it cannot be read. Text literals that may be secrets are masked."""
        lines = self._files.get(site.file)
        if lines is None:
            lines = self._files[site.file] = self._read(site.file)
        if not 1 <= site.line <= len(lines) or not lines[site.line - 1].strip():
            return None
        line = lines[site.line - 1][:_LONGEST_LINE]
        if (site.file, site.line) in self._secret_lines:
            line = _ANY_LITERAL.sub(_MASK, line)
        line = _SECRET_NAME.sub(rf"\1{_MASK}", line)
        return visible(_KNOWN_SECRET.sub("…", line))

    def _read(self, name: str) -> list[str]:
        try:
            root = self._root.resolve()
            path = (root / name).resolve()
            # A finding never quotes from outside the folder that it is about.
            if not path.is_relative_to(root) or not path.is_file() or path.stat().st_size > _LARGEST_FILE:
                return []
            # Python counts lines by line feeds alone; str.splitlines() would count more.
            return path.read_text("utf-8", "replace").split("\n")
        except (OSError, ValueError):
            return []
