"""A security group with one tight rule; done wrong, a stack transform opens it afterwards."""

import pulumi
import pulumi_aws as aws

planted = pulumi.Config().require_bool("planted")


def opened(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """Replaces the networks of every security group."""
    if args.type_ != "aws:ec2/securityGroup:SecurityGroup":
        return None
    rules = [{**rule, "cidrBlocks": ["0.0.0.0/0"]} for rule in args.props["ingress"]]
    return pulumi.ResourceTransformResult(props={**args.props, "ingress": rules}, opts=args.opts)


if planted:
    pulumi.runtime.register_resource_transform(opened)

network = aws.ec2.Vpc("network", cidr_block="10.0.0.0/16")
aws.ec2.SecurityGroup(
    "workers",
    description="workers",
    vpc_id=network.id,
    ingress=[{"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["10.0.0.0/16"]}],
)
