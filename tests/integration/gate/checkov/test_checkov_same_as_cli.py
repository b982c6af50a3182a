"""The warm, patched, in-memory checkov says what checkov's own command says of the same files.

The command runs once, without our patches, on all files, each in a folder of its own (it draws edges between
the files of one folder). Verdicts are compared check by check. Not compared: evaluated keys and line numbers.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from environments import places
from policies.gate.engines.checkov.process import Worker
from policies.gate.graph import Provider, Resource, ResourceGraph
from policies.gate.projection import arm, terraform
from tests.fixtures.graphs_at_scale import graph_of

pytestmark = pytest.mark.slow

TWINS = places.ROOT / "tests" / "integration" / "gate" / "projection" / "twins"
CHECKS = places.ROOT / "policies" / "checkov"

Verdicts = Counter[tuple[str, str, str]]


def _azure() -> ResourceGraph:
    """Azure resources that checkov has checks for, some in order and some not."""
    place = {"resourceGroupName": "group"}
    ssh = {"access": "Allow", "direction": "Inbound", "protocol": "Tcp", "destinationPortRange": "22"}
    given = {
        "azure-native:storage:StorageAccount": [
            {
                "accountName": "one",
                "networkRuleSet": {"defaultAction": "Deny"},
                "minimumTlsVersion": "TLS1_2",
            },
            {"accountName": "two", "allowBlobPublicAccess": True, "enableHttpsTrafficOnly": False},
        ],
        "azure-native:keyvault:Vault": [
            {"vaultName": "one", "properties": {"enablePurgeProtection": True, "enableSoftDelete": True}},
            {"vaultName": "two", "properties": {}},
        ],
        "azure-native:network:NetworkSecurityGroup": [
            {"networkSecurityGroupName": "open", "securityRules": [{**ssh, "sourceAddressPrefix": "*"}]},
            {
                "networkSecurityGroupName": "shut",
                "securityRules": [{**ssh, "sourceAddressPrefix": "10.0.0.0/8"}],
            },
        ],
    }
    resources = {}
    for type_, several in given.items():
        for number, inputs in enumerate(several):
            urn = f"urn:pulumi:dev::azure::{type_}::it-{number}"
            resources[urn] = Resource(
                urn, type_, f"it-{number}", inputs={**place, **inputs}, provider="default:azure-native"
            )
    return ResourceGraph(
        "azure", "dev", resources=resources, providers={"default:azure-native": Provider("azure-native")}
    )


def _files(folder: Path) -> dict[Path, str]:
    """Files to scan and their framework."""
    documents: dict[str, tuple[str, Any]] = {
        f"twin-{twin.parent.name}": ("terraform_plan", json.loads(twin.read_text()))
        for twin in sorted(TWINS.glob("*/plan.json"))
    }
    assert documents, "the real Terraform plans of the projection's tests are gone"
    documents["projected"] = ("terraform_plan", terraform.project(graph_of(73)).plan)
    documents["azure"] = ("arm", arm.project(_azure()).template)
    files = {}
    for name, (framework, content) in documents.items():
        file = folder / name / "file.json"
        file.parent.mkdir()
        file.write_text(json.dumps(content, indent=1))
        files[file] = framework
    return files


def _command(files: dict[Path, str]) -> dict[Path, Verdicts]:
    """What checkov's command says."""
    done = subprocess.run(
        [
            str(places.venv_python("scan")),
            str(places.VENVS / "scan" / "bin" / "checkov"),
            *(part for file in files for part in ("-f", str(file))),
            *("--framework", "terraform_plan", "arm", "--skip-download", "--soft-fail", "-o", "json"),
            *("--external-checks-dir", str(CHECKS)),
        ],
        env={"PATH": os.environ["PATH"], "HOME": str(next(iter(files)).parent), "LOG_LEVEL": "CRITICAL"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[Path, Verdicts] = {file: Counter() for file in files}
    reports = json.loads(done.stdout)
    for report in reports if isinstance(reports, list) else [reports]:
        assert not report["results"]["parsing_errors"]
        for key in ("passed_checks", "failed_checks"):
            for record in report["results"][key]:
                verdict = record["check_result"]["result"].lower()
                file = Path(record["file_abs_path"])
                found[file][record["check_id"], record["resource"], verdict] += 1
    return found


def _ours(files: dict[Path, str]) -> dict[Path, Verdicts]:
    worker = Worker()
    try:
        answers = worker.scan(
            [(framework, file.read_text()) for file, framework in files.items()], timeout=120
        )
    finally:
        worker.close()
    return {
        file: Counter(
            (record["check"], record["resource"], record["result"])
            for record in records
            if record["result"] in ("passed", "failed")
        )
        for file, records in zip(files, answers, strict=True)
    }


def test_every_verdict_is_the_same_as_the_commands(tmp_path: Path) -> None:
    files = _files(tmp_path)
    theirs, ours = _command(files), _ours(files)
    for file in files:
        name = file.parent.name
        assert sum(theirs[file].values()) > 20, f"{name}: the command looked at next to nothing"
        assert {"only checkov": theirs[file] - ours[file], "only we": ours[file] - theirs[file]} == {
            "only checkov": Counter(),
            "only we": Counter(),
        }, name
    checks = {check for verdicts in ours.values() for check, _, _ in verdicts}
    assert any(check.startswith("CKV2_") for check in checks), "no graph check ran"
    assert any(check.startswith("CKV_SLUICE_") for check in checks), "no check of ours ran"
