"""`sluice policy`, `capture` and `project`: what they print is whole, and what they refuse they say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from environments import places
from environments.problems import Refusal
from policies.gate import rulebook
from policies.gate.graph import ResourceGraph
from scripts import capture, policy, project

PROGRAM = places.ROOT / "tests" / "fixtures" / "programs" / "gcp_storage"
verbs = typer.Typer()
verbs.command("capture")(capture.capture)
verbs.command("project")(project.project)
verbs.add_typer(policy.app, name="policy")


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(verbs, arguments, env={"TERM": "dumb"}, catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.stdout


def test_list_has_every_engine_and_every_check_that_is_left_to_another_rule() -> None:
    found = json.loads(run("policy", "list", "--json"))
    assert {item["engine"] for item in found} == {"rego", "graph", "checkov", "gate"}
    assert len({item["rule"] for item in found}) == len(found) > 100
    assert all(item["superseded"] for item in found[-3:])
    printed = run("policy", "list")
    assert all(item["rule"] in printed for item in found)


@pytest.mark.parametrize(
    ("rule", "file"),
    [
        ("public-exposure/ingress", "policies/rego/public_exposure/ingress.rego"),
        ("reachability/database-from-internet", "policies/gate/engines/graph_rules/exposure.py"),
        ("CKV_SLUICE_AWS_1", "policies/checkov/aws_mwaa_own_key.py"),
        ("checkov/CKV_AWS_20", "policies/gate/engines/checkov/catalogue.json"),
        ("projection/unmapped", "policies/gate/judge.py"),
        ("waiver/expired", "policies/gate/waivers.py"),
    ],
)
def test_explain_says_why_how_and_where(rule: str, file: str) -> None:
    found = json.loads(run("policy", "explain", rule, "--json"))
    assert found["file"] == file
    line = (places.ROOT / file).read_text().splitlines()[found["line"] - 1]
    assert line.strip()
    assert found["why"] and found["fix"] and f"- rule: {found['rule']}" in found["waiver"]
    assert found["rule"] in run("policy", "explain", rule)


def test_every_rule_is_found_in_a_file_with_its_line() -> None:
    lost = [
        item.rule.id
        for item in rulebook.entries()
        if item.rule.engine != "checkov" and not rulebook.defined_at(item.rule).line
    ]
    assert lost == []


def test_a_rule_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(Refusal, match="public-exposure/ingress"):
        run("policy", "explain", "public-exposure/ingres")


def test_a_mutation_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Refusal, match="no mutation"):
        run("policy", "mutate", "no-such-thing")


@pytest.mark.slow
def test_capture_and_project_of_another_program(tmp_path: Path) -> None:
    program = ("--program", str(PROGRAM), "--stack", "dev")
    printed = json.loads(run("capture", *program))
    run("capture", *program, "--output", str(tmp_path / "graph.json"))
    graph = ResourceGraph.from_bytes((tmp_path / "graph.json").read_bytes())
    assert printed == graph.to_json()

    plan = json.loads(run("project", *program, "--to", "terraform"))
    addresses = {item["address"] for item in plan["resource_changes"]}
    run("project", *program, "--to", "terraform", "--output", str(tmp_path / "module"))
    module = json.loads((tmp_path / "module" / "main.tf.json").read_text())
    assert addresses == {f"{type_}.{name}" for type_, named in module["resource"].items() for name in named}
    assert [file.name for file in (tmp_path / "module").iterdir()] == ["main.tf.json"]
    assert json.loads(run("project", *program, "--to", "arm"))["resources"] == []


@pytest.mark.slow
def test_coverage_says_what_was_looked_at_and_what_was_not() -> None:
    found = json.loads(run("policy", "coverage", "--program", str(PROGRAM), "--stack", "dev", "--json"))
    rows = {(row["type"], row["attribute"]): row for row in found["rows"]}
    assert {row["mapped"] for row in rows.values()} <= {"yes", "assumed", "no"}
    uniform = rows["gcp:storage/bucket:Bucket", "uniformBucketLevelAccess"]
    assert "public-exposure/buckets" in uniform["looked_at_by"]
    assert found["summary"]["looked_at"] <= found["summary"]["attributes"]
    assert any(name.startswith("checkov/") for row in found["rows"] for name in row["looked_at_by"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("capture",),
        ("capture", "aws-dev", "--program", "."),
        ("capture", "--program", "."),
        ("capture", "aws-dev", "--stack", "dev"),
        ("project", "--to", "arm"),
        ("policy", "coverage", "--program", ".", "--stack", "dev", "--config", "nonsense"),
        ("capture", "local"),
    ],
    ids=" ".join,
)
def test_options_that_do_not_go_together_are_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(Refusal):
        run(*arguments)


def test_a_place_that_cannot_be_written_is_refused_and_left_alone(tmp_path: Path) -> None:
    from scripts.programs import write

    (tmp_path / "taken").mkdir()
    with pytest.raises(Refusal, match="cannot be written"):
        write(tmp_path / "taken", b"{}")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
