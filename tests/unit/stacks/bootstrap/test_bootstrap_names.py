"""Names, subjects and the workflows that use them agree: nothing is copied by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from environments.load import load
from environments.model import Ci
from environments.places import ROOT
from environments.problems import Exit, Refusal
from stacks.bootstrap.documents import LONGEST, allow, documents
from stacks.bootstrap.names import Names, environment_of

WORKFLOWS = ROOT / ".github" / "workflows"
NAMES = Names(load("aws-prod"))


def workflow(name: str) -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe", pure=True).load(WORKFLOWS / name)
    return content


def test_names_follow_from_the_environment() -> None:
    assert NAMES.for_ci() == {
        "AWS_REGION": "eu-west-1",
        "PULUMI_BACKEND_URL": "s3://sluice-aws-prod-state/pulumi?region=eu-west-1&awssdk=v2",
        "PULUMI_SECRETS_PROVIDER": "awskms://alias/sluice-aws-prod-state?region=eu-west-1&awssdk=v2",
        "SLUICE_PLAN_ROLE": "arn:aws:iam::333344445555:role/sluice-aws-prod-ci-plan",
        "SLUICE_APPLY_ROLE": "arn:aws:iam::333344445555:role/sluice-aws-prod-ci-apply",
    }


def test_another_server_is_asked_by_path_and_said_in_the_url() -> None:
    url = Names(load("aws-dev"), "http://127.0.0.1:5000").backend_url
    assert url.endswith("&endpoint=http://127.0.0.1:5000&s3ForcePathStyle=true")


def test_a_subject_has_numbers_where_the_repository_has_them() -> None:
    given = {"repository": "octo/data", "branch": "main", "account_knows_github": False}
    old = Ci.model_validate({**given, "owner_id": None, "repository_id": None})
    new = Ci.model_validate({**given, "owner_id": 12, "repository_id": 345})
    assert old.subject("aws-dev") == "repo:octo/data:environment:aws-dev"
    assert new.subject("aws-dev") == "repo:octo@12/data@345:environment:aws-dev"


@pytest.mark.parametrize("name", ["gcp-dev", "azure-prod", "local"])
def test_only_aws_has_a_bootstrap(name: str) -> None:
    with pytest.raises(Refusal, match="is not on AWS") as caught:
        environment_of(name)
    assert caught.value.exit_code is Exit.BAD_INPUT


def test_the_workflows_use_only_names_that_the_bootstrap_prints() -> None:
    text = (WORKFLOWS / "apply-environment.yml").read_text()
    used = set(re.findall(r"\$\{\{ env\.(\w+) \}\}", text))
    assert {"SLUICE_PLAN_ROLE", "SLUICE_APPLY_ROLE"} <= used <= set(NAMES.for_ci())
    assert not re.search(r"secrets\.|aws-access-key|arn:aws", text)


def test_each_job_runs_in_the_github_environment_that_its_role_trusts() -> None:
    jobs = workflow("apply-environment.yml")["jobs"]
    for job, expected in (("plan", NAMES.plan_environment), ("apply", NAMES.apply_environment)):
        assert jobs[job]["environment"].replace("${{ inputs.environment }}", "aws-prod") == expected
        assert jobs[job]["permissions"] == {"contents": "read", "id-token": "write"}
    assert jobs["apply"]["needs"] == "plan"


def test_what_is_merged_is_applied_tier_after_tier_from_the_branch_that_the_roles_trust() -> None:
    content = workflow("apply.yml")
    assert content["on"]["push"]["branches"] == [NAMES.environment.ci.branch]
    order = ["aws-dev", "aws-staging", "aws-prod"]
    assert list(content["jobs"]) == order
    for before, name in zip([None, *order], order, strict=False):
        job = content["jobs"][name]
        assert (job.get("needs"), job["with"]) == (before, {"environment": name})


def test_a_pull_request_has_no_identity() -> None:
    content = workflow("pull-request.yml")
    assert "id-token" not in (WORKFLOWS / "pull-request.yml").read_text()
    assert all("environment" not in job for job in content["jobs"].values())


def test_documents_are_as_few_as_they_can_be_and_none_is_too_long() -> None:
    said = [allow(f"S{number}", ["s3:GetObject"] * 20, ["arn:aws:s3:::b"] * 20) for number in range(40)]
    made = documents(said)
    assert [one for text in made for one in json.loads(text)["Statement"]] == said
    assert all(len(text) <= LONGEST for text in made)
    assert 1 < len(made) < 10


def test_the_room_names_every_file_in_its_readme() -> None:
    room = Path(ROOT / "stacks" / "bootstrap")
    named = set(re.findall(r"`([a-z_]+\.(?:py|yaml))`", (room / "README.md").read_text()))
    there = {file.name for file in room.iterdir() if file.suffix in (".py", ".yaml")}
    assert there - named <= {"__init__.py", "__main__.py", "documents.py", "services.py"}
