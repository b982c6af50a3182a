"""A component that makes a copy wherever the provider that it is given is."""

import pulumi
import pulumi_aws as aws


class Copy(pulumi.ComponentResource):
    """A bucket."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__("sluice:mutation:Copy", name, None, opts)
        aws.s3.Bucket("copied", bucket="sluice-aws-prod-copied", opts=pulumi.ResourceOptions(parent=self))
        self.register_outputs({})
