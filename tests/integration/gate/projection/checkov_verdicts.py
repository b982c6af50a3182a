"""Run in the environment of checkov: the verdict of each check on each resource of plan and ARM files."""

import json
import logging
import sys

from checkov.arm.runner import Runner as ArmRunner
from checkov.runner_filter import RunnerFilter
from checkov.terraform.plan_runner import Runner as PlanRunner


def verdicts(path: str) -> dict[str, str]:
    """`<check> <resource>` to pass or fail."""
    arm = path.endswith(".arm.json")
    report = (ArmRunner() if arm else PlanRunner()).run(
        root_folder=None,
        files=[path],
        runner_filter=RunnerFilter(framework=["arm" if arm else "terraform_plan"]),
    )
    found = {}
    for verdict, records in (("pass", report.passed_checks), ("fail", report.failed_checks)):
        for record in records:
            found[f"{record.check_id} {record.resource}"] = verdict
    return found


logging.disable(logging.CRITICAL)
print(json.dumps({path: verdicts(path) for path in sys.argv[1:]}))
