"""The rules of the release gate that need no other program: DAGs as described, needs, changes of contracts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from environments.manifest import PlatformManifest
from releases.contents import contracts as read_contracts
from releases.contents.dags import Dag, DagFile, Task
from releases.diff.contracts import contract_changes
from releases.gate.contracts import check_contract_changes
from releases.gate.dags import PARSE_SECONDS, check_dags
from releases.gate.finding import Finding
from releases.gate.needs import Declared, check_needs, declared

DAG = "dags/pipelines/orders/dag.py"
SOURCE = b"""\
from airflow.sdk import DAG

with DAG("orders"):
    def extract(): ...
"""
GOOD_TASK = Task("extract", {"owner": "sales", "has_on_failure_callback": True}, frozenset())
GOOD = Dag("orders", DAG, "none", ("owner:sales",), "What it does.", {}, {"extract": GOOD_TASK})


def of_dags(*dags: Dag, **more: Any) -> list[Finding]:
    return list(check_dags([DagFile(DAG, 0.1, dags=dags, **more)], {DAG: SOURCE}))


def rules(found: Iterable[Finding]) -> list[str]:
    return [finding.rule for finding in found]


def test_a_dag_with_owner_tags_docs_and_callback_passes() -> None:
    assert of_dags(GOOD) == []


@pytest.mark.parametrize(
    ("dag", "rule", "line"),
    [
        (replace(GOOD, tags=("sales",)), "dag/tags", 3),
        (replace(GOOD, doc=""), "dag/docs", 3),
        (replace(GOOD, tasks={}), "dag/empty", 3),
        (
            replace(GOOD, tasks={"extract": replace(GOOD_TASK, settings={"has_on_failure_callback": True})}),
            "dag/owner",
            4,
        ),
        (
            replace(GOOD, tasks={"extract": replace(GOOD_TASK, settings={"owner": "sales"})}),
            "dag/on-failure",
            4,
        ),
    ],
)
def test_what_a_dag_lacks_is_named_at_its_line(dag: Dag, rule: str, line: int) -> None:
    [finding] = of_dags(dag)
    assert (finding.rule, finding.file, finding.line) == (rule, DAG, line)


def test_a_callback_of_the_dag_itself_is_no_callback_less() -> None:
    silent = replace(GOOD_TASK, settings={"owner": "sales"})
    assert of_dags(replace(GOOD, settings={"has_on_failure_callback": True}, tasks={"extract": silent})) == []


def test_slow_files_double_ids_and_files_without_dags_are_found() -> None:
    slow = DagFile(DAG, PARSE_SECONDS + 1, dags=(GOOD,))
    other = DagFile(
        "dags/pipelines/other/dag.py", 0.1, dags=(replace(GOOD, file="dags/pipelines/other/dag.py"),)
    )
    none = DagFile("dags/pipelines/none/dag.py", 0.1)
    files = {file.file: SOURCE for file in (slow, other, none)}
    assert rules(check_dags([slow, other, none], files)) == ["dag/parse-time", "dag/duplicate", "dag/none"]


def test_an_import_error_names_the_line_in_the_file() -> None:
    error = f'Traceback\n  File "/x/{DAG}", line 2, in <module>\nValueError: no'
    [finding] = list(check_dags([DagFile(DAG, 0, error)], {DAG: SOURCE}))
    assert (finding.line, finding.rule) == (2, "dag/imports") and "ValueError: no" in finding.what


MANIFEST = PlatformManifest.model_validate(
    {
        "project": "sluice", "environment": "aws-dev", "tier": "dev", "cloud": "aws", "region": "eu-west-1",
        "failover_region": "eu-central-1", "zones": {"raw": "s3://raw"}, "failover_zones": {},
        "encryption_key": "key", "spark": {"kind": "spark_submit", "master": "local[1]"},
        "warehouse": {"kind": "duckdb", "database": "/w"}, "catalog_database": "c", "secrets": {},
        "sources": {"commerce": {"base_url": "https://x.example", "secret": "s"}},
        "events": {"bus": "b", "topics": {}, "queues": {"tickets": "q"}, "dead_letter_queue": "d"},
        "orchestrator": {"url": "https://a.example", "version": "3.3.1"}, "other_clouds": {"gcp": "reader"},
    }
)  # fmt: skip


def needs(text: str, code: str = "", jobs: tuple[str, ...] = ()) -> list[Finding]:
    files = {
        DAG: SOURCE,
        "dags/pipelines/orders/needs.yaml": text.encode(),
        "dags/pipelines/orders/step.py": code.encode(),
    }
    found = list(declared(files, [DAG]))
    wrong = [one for one in found if isinstance(one, Finding)]
    good = [one for one in found if isinstance(one, Declared)]
    return [*wrong, *check_needs(good, files, MANIFEST, "aws-dev", jobs)]


def test_what_the_platform_has_is_no_finding() -> None:
    text = (
        "zones: [raw]\nsources: [commerce]\nqueues: [tickets]\nclouds: [gcp, aws]\nwrites: [a]\nreads: [a]\n"
    )
    assert needs(text) == []


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ("zones:\n  - raw\n  - curated\n", "needs/zone", 3),
        ("failover_zones: [raw]\n", "needs/failover-zone", 1),
        ("sources:\n- commerce\n- crm\n", "needs/source", 3),
        ("secrets: [token]\n", "needs/secret", 1),
        ("topics: [sales]\n", "needs/topic", 1),
        ("queues: [sales]\n", "needs/queue", 1),
        ("spark_jobs: [spark/jobs/gone.py]\n", "needs/spark-job", 1),
        ("reads: [finance]\n", "needs/read", 1),
        ("clouds: [azure]\n", "needs/cloud", 1),
        ("zone: [raw]\n", "needs/declared", 1),
        ("zones: [rwa]\n", "needs/declared", 1),
        ("zones: [\n", "needs/declared", 2),
    ],
)
def test_what_is_not_there_or_misspelt_is_found_at_its_line(text: str, rule: str, line: int) -> None:
    [finding] = needs(text)
    assert (finding.rule, finding.file, finding.line) == (rule, "dags/pipelines/orders/needs.yaml", line)


@pytest.mark.parametrize(
    "code",
    [
        "x = manifest.zones[Zone.RAW]",
        "x = manifest.failover_zones.get(zone)",
        "x = manifest.warehouse.kind",
        "x = manifest.sources['commerce']",
        "x = manifest.events.queues['tickets']",
        "x = root / 'spark' / 'jobs' / 'curate.py'",
    ],
)
def test_what_the_code_uses_and_nobody_declared_is_found(code: str) -> None:
    [finding] = needs("writes: [a]\n", f"\n{code}\n", ("spark/jobs/curate.py",))
    assert (finding.rule, finding.line) == ("needs/undeclared", 2)


def test_a_pipeline_without_needs_and_an_unknown_platform_are_no_pass() -> None:
    assert rules(declared({DAG: SOURCE}, [DAG])) == ["needs/declared"]
    files = {DAG: SOURCE, "dags/pipelines/orders/needs.yaml": b"writes: [a]\n"}
    good = [one for one in declared(files, [DAG]) if isinstance(one, Declared)]
    [finding] = check_needs(good, files, None, "aws-dev", ())
    assert finding.undetermined


def contract(version: str, *, required: bool = True, accepts: int | None = None, **more: Any) -> Any:
    consumers = [{"name": "finance", "accepts": accepts}] if accepts is not None else []
    document = {
        "id": "orders",
        "version": version,
        "schema": [{"name": "orders", "properties": [{"name": "id", "required": required, **more}]}],
        "customProperties": [{"property": "consumers", "value": consumers}],
    }
    return read_contracts.read("contract.yaml", json.dumps(document, indent=1).encode())


def judged(old: Any, new: Any | None) -> list[str]:
    before, after = {"orders": old}, {"orders": new} if new else {}
    changes = list(contract_changes(before, after))
    return rules(
        check_contract_changes(changes, before, after, {"contract.yaml": b"version: x\nname: finance\n"})
    )


def test_a_broken_promise_needs_a_major_version_and_every_consumer() -> None:
    old = contract("1.0.0", accepts=1)
    assert judged(old, contract("1.1.0", required=False, accepts=1)) == ["contract/breaking"]
    assert judged(old, contract("2.0.0", required=False, accepts=1)) == ["contract/sign-off"]
    assert judged(old, contract("2.0.0", required=False, accepts=2)) == []


def test_a_change_that_breaks_nobody_needs_another_version_only() -> None:
    loose, tight = {"logicalTypeOptions": {"maxLength": 9}}, {"logicalTypeOptions": {"maxLength": 5}}
    assert judged(contract("1.0.0", **tight), contract("1.0.0", **loose)) == ["contract/version"]
    assert judged(contract("1.0.0", **tight), contract("1.1.0", **loose)) == []


def test_a_contract_with_consumers_cannot_just_go() -> None:
    assert judged(contract("1.0.0", accepts=1), None) == ["contract/sign-off"]
    assert judged(contract("1.0.0"), None) == []
