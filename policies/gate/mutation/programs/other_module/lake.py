"""A component with a bucket for each zone."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import pulumi
import pulumi_aws as aws


class Lake(pulumi.ComponentResource):
    """Buckets, and what closes them."""

    def __init__(self, name: str, zones: Sequence[str], open_zones: AbstractSet[str]) -> None:
        super().__init__("sluice:mutation:Lake", name)
        for zone in zones:
            bucket = aws.s3.Bucket(
                zone, bucket=f"sluice-aws-prod-{zone}", opts=pulumi.ResourceOptions(parent=self)
            )
            closed = zone not in open_zones
            aws.s3.BucketPublicAccessBlock(
                f"{zone}-public-access",
                bucket=bucket.bucket,
                block_public_acls=closed,
                block_public_policy=closed,
                ignore_public_acls=closed,
                restrict_public_buckets=closed,
                opts=pulumi.ResourceOptions(parent=bucket),
            )
        self.register_outputs({})
