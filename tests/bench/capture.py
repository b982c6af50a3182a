"""Prints what a capture costs: `python -m tests.bench.capture`. Numbers of one run, to be read as ratios."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from environments.problems import Refusal
from policies.gate.capture import Program, capture_many

_SOURCE = """\
import json
import pulumi_aws as aws

vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
for number in range({count}):
    aws.ec2.Subnet(f"subnet-{{number}}", vpc_id=vpc.id, cidr_block="10.0.0.0/24")
    bucket = aws.s3.Bucket(f"bucket-{{number}}", tags={{"number": str(number)}})
    aws.s3.BucketPolicy(
        f"policy-{{number}}",
        bucket=bucket.id,
        policy=bucket.arn.apply(lambda arn: json.dumps({{"Statement": [{{"Resource": f"{{arn}}/*"}}]}})),
    )
    aws.s3.BucketVersioning(
        f"versions-{{number}}", bucket=bucket.id, versioning_configuration={{"status": "Enabled"}}
    )
"""


def main() -> None:
    """Captures one, then three environments of about 100 resources, then one of 500 and one of 2,000."""
    with tempfile.TemporaryDirectory() as folder:
        for resources, environments in ((100, 1), (100, 3), (500, 1), (2000, 1)):
            program = Path(folder) / str(resources)
            program.mkdir(exist_ok=True)
            (program / "Pulumi.yaml").write_text(
                "name: bench\nruntime: python\nconfig: {aws:region: eu-west-1}\n"
            )
            (program / "__main__.py").write_text(_SOURCE.format(count=resources // 4))
            begun = time.perf_counter()
            results = capture_many([Program(program, f"e{number}") for number in range(environments)])
            seconds = time.perf_counter() - begun
            for result in results:
                if isinstance(result, Refusal):
                    raise result
            print(f"{environments} x {resources:>5} resources: {seconds:6.2f} s")


if __name__ == "__main__":
    main()
