"""The real Terraform and its AWS provider apply whole programs to a mock: our foundation passes, defects do not.

It does not prove that AWS itself would take what passes: the mock knows some of its rules, not all.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from environments.places import ROOT
from policies.gate.capture import capture
from policies.gate.graph import ResourceGraph
from policies.rehearsal import gaps
from policies.terraform.process import Terraform

pytestmark = pytest.mark.slow

PLANTED = ROOT / "tests/fixtures/programs/planted_defects"
DEFECTS = {
    number + 1: (found[1], found[2])
    for number, line in enumerate((PLANTED / "__main__.py").read_text().splitlines(), 1)
    if (found := re.fullmatch(r"# planted, (\w+): (.+)", line))
}


@dataclass(frozen=True)
class Rehearsed:
    """What `sluice rehearse --json` said and how it ended."""

    code: int
    out: str
    error: str
    kept: Path

    @property
    def json(self) -> dict[str, Any]:
        assert self.out, self.error
        found: dict[str, Any] = json.loads(self.out)
        return found

    def resources(self, status: str) -> list[dict[str, Any]]:
        return [one for one in self.json["resources"] if one["status"] == status]


@pytest.fixture(scope="module")
def all_three(
    terraform: Terraform, temporary: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Rehearsed]:
    """Three rehearsals at one time: of `aws-dev`, of its bootstrap, and of the planted defects."""
    folder = tmp_path_factory.mktemp("rehearsals")
    asked = {
        "aws-dev": ["aws-dev"],
        "bootstrap": ["aws-dev-bootstrap"],
        "planted": ["--program", str(PLANTED), "--stack", "dev"],
    }
    started = {
        name: subprocess.Popen(
            [ROOT / "sluice", "rehearse", *arguments, "--json", "--keep", str(folder / name)],
            env={**os.environ, "TMPDIR": str(temporary), "AWS_PROFILE": "nobody"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name, arguments in asked.items()
    }
    ended = {name: process.communicate(timeout=540) for name, process in started.items()}
    assert list(temporary.iterdir()) == []
    return {
        name: Rehearsed(started[name].returncode, *said, kept=folder / name) for name, said in ended.items()
    }


@pytest.fixture(scope="module")
def ours(all_three: dict[str, Rehearsed]) -> Rehearsed:
    """The rehearsal of `aws-dev`."""
    return all_three["aws-dev"]


@pytest.fixture(scope="module")
def planted(all_three: dict[str, Rehearsed]) -> Rehearsed:
    """The rehearsal of the planted defects."""
    return all_three["planted"]


def test_the_foundation_of_aws_dev_passes(ours: Rehearsed) -> None:
    assert ours.resources("failed") == []
    assert ours.json["problems"] == []
    assert ours.code == 0


def test_the_bootstrap_of_aws_dev_passes_whole(all_three: dict[str, Rehearsed]) -> None:
    done = all_three["bootstrap"]
    assert len(done.resources("applied")) == len(done.json["resources"]) > 35
    assert done.json["problems"] == []
    assert done.code == 0


def test_every_resource_of_the_program_is_listed_once_with_its_line(ours: Rehearsed) -> None:
    graph: ResourceGraph = capture(ROOT, "aws-dev")
    expected = {
        urn: str(resource.source) for urn, resource in graph.resources.items() if resource.kind == "custom"
    }
    listed = ours.json["resources"]
    assert {one["urn"]: one["source"] for one in listed} == expected
    assert len(listed) == len(expected) == sum(Counter(one["status"] for one in listed).values())
    assert len(ours.resources("applied")) > 0.9 * len(listed)


def test_what_is_only_planned_says_what_the_mock_lacks(ours: Rehearsed) -> None:
    known = gaps.known().types
    for one in ours.resources("planned only"):
        kind = one["address"].split(".")[0]
        assert one["reason"] == known[kind].reason if kind in known else "needs aws_" in one["reason"]


def test_assertions_were_made_of_every_zone_key_and_secret(ours: Rehearsed) -> None:
    # Seven of each of the six zones, three of each key and secret, three of the network.
    assert ours.json["summary"]["assertions"] >= 6 * 7 + 3 * 3 + 3 + 3


def test_the_module_that_was_rehearsed_is_kept_without_a_secret_or_state(ours: Rehearsed) -> None:
    names = {path.name for path in ours.kept.iterdir()}
    assert {"main.tf.json", "override.tf.json", "files", "mock.log"} == names
    (provider,) = json.loads((ours.kept / "override.tf.json").read_text())["provider"]["aws"][:1]
    assert (provider["access_key"], provider["secret_key"]) == ("mock", "mock")
    assert all(url.startswith("http://127.0.0.1:") for url in provider["endpoints"][0].values())


def test_progress_is_plain_lines_where_no_terminal_reads_it(ours: Rehearsed) -> None:
    stages = re.findall(r"^  ✓ ([a-z ]+) \(\d+\.\d s\)$", ours.error, re.MULTILINE)
    assert stages == ["init", "validate", "plan", "apply", "second plan", "assertions", "destroy"]
    assert "\r" not in ours.error


@pytest.mark.parametrize("line", DEFECTS, ids=lambda line: DEFECTS[line][1])
def test_a_planted_defect_fails_at_its_line_and_stage(line: int, planted: Rehearsed) -> None:
    place = f"tests/fixtures/programs/planted_defects/__main__.py:{line}"
    (found,) = [one for one in planted.json["resources"] if one["source"] == place]
    assert found["status"] == "failed", found
    assert found["because_of"] is None
    assert found["reason"].startswith(f"{DEFECTS[line][0]}: ")


def test_there_are_ten_defects_and_more_and_no_other_is_found(planted: Rehearsed) -> None:
    assert len(DEFECTS) >= 10
    causes = [one for one in planted.resources("failed") if one["because_of"] is None]
    assert len(causes) == len(DEFECTS)
    assert planted.code == 1


def test_defects_hide_nothing_that_is_fine(planted: Rehearsed) -> None:
    names = {one["address"] for one in planted.resources("applied")}
    assert names == {"aws_s3_bucket.bucket", "aws_s3_bucket.locked", "aws_iam_role.role", "aws_vpc.network"}


def test_what_waits_for_a_defect_is_said_not_to_be_attempted(planted: Rehearsed) -> None:
    (waiting,) = [one for one in planted.json["resources"] if one["address"].endswith(".versions")]
    assert waiting["status"] == "failed"
    assert waiting["reason"].startswith("not attempted: aws_s3_bucket_object_lock_configuration.lock failed")
    assert waiting["because_of"].endswith("::lock")
