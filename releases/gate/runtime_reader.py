"""Compiles the contracts and the SQL of an unpacked release. Run by the runtime's interpreter, as a script:

    python -P runtime_reader.py <folder of the release> <output> <contract>…

The output is a JSON list of `{"rule", "what", "file", "line"}`.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROJECT = "dags/warehouse"
_LINE = re.compile(r"[Ll]ine:? (\d+)")


def main(folder: str, output: str, *contracts: str) -> None:
    """Writes what is wrong."""
    root = Path(folder)
    # The release's own compiler, as its tasks will use it.
    sys.path.insert(0, folder)
    found = [*_contracts(root, contracts), *_sql(root)]
    Path(output).write_text(json.dumps(found))


def _contracts(root: Path, files: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    from dags.runtime import contracts
    from dags.runtime.problems import ContractError

    for file in files:
        try:
            contracts.load(root / file)
        except ContractError as error:
            text = str(error).replace(f"{root}/", "")
            yield {"rule": "contract/lint", "what": text, "file": file, "line": None}


def _sql(root: Path) -> Iterator[dict[str, Any]]:
    if not (root / PROJECT / "dbt_project.yml").is_file():
        return
    import sqlglot
    from dbt.cli.main import dbtRunner

    with tempfile.TemporaryDirectory(prefix="dbt-") as work:
        os.environ.update(SLUICE_WAREHOUSE=f"{work}/empty.duckdb", DBT_SEND_ANONYMOUS_USAGE_STATS="false")
        project = str(root / PROJECT)
        arguments = ["compile", "--project-dir", project, "--profiles-dir", project, "--quiet"]
        arguments += ["--target-path", f"{work}/target", "--log-path", f"{work}/logs", "--no-partial-parse"]
        outcome = dbtRunner().invoke(arguments)
        if outcome.exception is not None or not outcome.success:
            yield _of_dbt(outcome, root)
            return
        results: Any = outcome.result
        for result in results.results:
            node = result.node
            file = f"{PROJECT}/{node.original_file_path}"
            if not file.endswith(".sql") or not node.compiled_code:
                continue
            try:
                sqlglot.parse(node.compiled_code, dialect="duckdb")
            except sqlglot.errors.ParseError as error:
                first = error.errors[0]
                # Lines of the compiled text: those of the file where no macro adds any.
                yield {
                    "rule": "sql/compiles",
                    "what": first["description"],
                    "file": file,
                    "line": first["line"],
                }


def _of_dbt(outcome: Any, root: Path) -> dict[str, Any]:
    text = str(outcome.exception or "dbt could not compile the project").replace(f"{root}/", "")
    named = re.search(r"\(?((?:models|tests|macros)/[\w/.-]+\.(?:sql|ya?ml))\)?", text)
    line = _LINE.search(text)
    return {
        "rule": "sql/compiles",
        "what": " ".join(part.strip() for part in text.splitlines() if part.strip()),
        "file": f"{PROJECT}/{named[1]}" if named else f"{PROJECT}/dbt_project.yml",
        "line": int(line[1]) if line else None,
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
