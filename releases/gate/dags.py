"""Each DAG file imports, in time and without network; each DAG says whose it is, what it does, and who hears of
a failure. Cycles, and ids that two files give, are errors of the import: Airflow finds them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from releases.contents.dags import Dag, DagFile, Task
from releases.gate.finding import Finding, line_of

PARSE_SECONDS = 2.0
"""What a file may take beyond the import of Airflow: it is parsed every 30 s, and again before each task."""
_NOBODY = "airflow"


def check_dags(found: list[DagFile] | tuple[DagFile, ...], files: Mapping[str, bytes]) -> Iterator[Finding]:
    """Everything that is wrong with the DAG files of a release."""
    owners_of_ids: dict[str, str] = {}
    for file in found:
        if file.error:
            yield _not_imported(file)
            continue
        if not file.dags:
            yield Finding(
                "dag/none", "the file makes no DAG", file.file, None, "make one, or move the file elsewhere"
            )
        if file.seconds > PARSE_SECONDS:
            yield Finding(
                "dag/parse-time",
                f"parsing it takes {file.seconds:.1f} s; {PARSE_SECONDS:g} s is the budget",
                file.file,
                1,
                "import heavy packages inside the tasks",
            )
        for dag in file.dags:
            if dag.id in owners_of_ids:
                yield Finding(
                    "dag/duplicate",
                    f"the DAG `{dag.id}` is also made by {owners_of_ids[dag.id]}",
                    file.file,
                    line_of(files[file.file], dag.id),
                    "give one of them another id: Airflow would show now one, now the other",
                )
            owners_of_ids.setdefault(dag.id, file.file)
            yield from _dag(dag, files[file.file])


def _not_imported(file: DagFile) -> Finding:
    lines = [line for line in file.error.splitlines() if line.strip()]
    inside = [line for line in lines if file.file.rsplit("/", 1)[-1] in line and ", line " in line]
    number = inside[-1].split(", line ", 1)[1].split(",")[0].strip() if inside else ""
    return Finding(
        "dag/imports",
        f"it cannot be imported: {lines[-1].strip()}",
        file.file,
        int(number) if number.isdigit() else None,
        "it must import in a clean environment, without network, in 30 s",
    )


def _dag(dag: Dag, source: bytes) -> Iterator[Finding]:
    line = line_of(source, f'"{dag.id}"', f"'{dag.id}'", "@dag", "DAG(")

    def finding(rule: str, what: str, remedy: str) -> Finding:
        return Finding(rule, f"the DAG `{dag.id}` {what}", dag.file, line, remedy)

    if not any(tag.startswith("owner:") for tag in dag.tags):
        yield finding("dag/tags", "has no tag `owner:<team>`", "add one: people filter by it")
    if not dag.doc:
        yield finding("dag/docs", "has no documentation", "give `doc_md`: what it does, and triage by task")
    if not dag.tasks:
        yield finding("dag/empty", "has no task", "add one, or remove the DAG")
    everywhere = bool(dag.settings.get("has_on_failure_callback"))
    for task in dag.tasks.values():
        yield from _task(dag, task, source, everywhere)


def _task(dag: Dag, task: Task, source: bytes, dag_reports: bool) -> Iterator[Finding]:
    bare = task.id.rsplit(".", 1)[-1]
    line = line_of(source, f"def {bare}(", f'task_id="{bare}"', f"task_id='{bare}'", f'"{bare}"')
    if task.owner == _NOBODY:
        yield Finding(
            "dag/owner",
            f"the task `{dag.id}.{task.id}` has no owner",
            dag.file,
            line,
            "set `owner` in `default_args`",
        )
    if not (task.reports_failure or dag_reports):
        yield Finding(
            "dag/on-failure",
            f"nobody hears when the task `{dag.id}.{task.id}` fails",
            dag.file,
            line,
            "set `on_failure_callback` in `default_args`: dags.runtime.failures.to_dead_letter_queue",
        )
