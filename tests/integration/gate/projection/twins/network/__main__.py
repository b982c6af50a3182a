"""The same infrastructure as main.tf."""

import pulumi_aws as aws

vpc = aws.ec2.Vpc("main", cidr_block="10.16.0.0/16", enable_dns_hostnames=True, tags={"Name": "twin"})
aws.ec2.DefaultSecurityGroup("main", vpc_id=vpc.id)
gateway = aws.ec2.InternetGateway("main", vpc_id=vpc.id)
public = aws.ec2.Subnet(
    "public",
    vpc_id=vpc.id,
    cidr_block="10.16.0.0/24",
    availability_zone="eu-west-1a",
    map_public_ip_on_launch=True,
)
aws.ec2.Subnet("private", vpc_id=vpc.id, cidr_block="10.16.1.0/24", availability_zone="eu-west-1a")
public_routes = aws.ec2.RouteTable(
    "public", vpc_id=vpc.id, routes=[{"cidr_block": "0.0.0.0/0", "gateway_id": gateway.id}]
)
private_routes = aws.ec2.RouteTable("private", vpc_id=vpc.id)
address = aws.ec2.Eip("nat", domain="vpc")
nat = aws.ec2.NatGateway("main", allocation_id=address.id, subnet_id=public.id)
aws.ec2.Route(
    "out",
    route_table_id=private_routes.id,
    destination_cidr_block="0.0.0.0/0",
    nat_gateway_id=nat.id,
)
aws.ec2.RouteTableAssociation("public", route_table_id=public_routes.id, subnet_id=public.id)
open_group = aws.ec2.SecurityGroup(
    "open",
    name="twin-open",
    description="Open to the world",
    vpc_id=vpc.id,
    ingress=[{"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}],
    egress=[{"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}],
)
# Pulumi describes a group itself where the program does not; so does Terraform, in other words.
app = aws.ec2.SecurityGroup(
    "app",
    name="twin-app",
    vpc_id=vpc.id,
    ingress=[
        {
            "description": "From the open one",
            "from_port": 443,
            "to_port": 443,
            "protocol": "tcp",
            "security_groups": [open_group.id],
        }
    ],
)
aws.ec2.SecurityGroupRule(
    "rdp",
    security_group_id=app.id,
    type="ingress",
    from_port=3389,
    to_port=3389,
    protocol="tcp",
    cidr_blocks=["0.0.0.0/0"],
)
aws.vpc.SecurityGroupIngressRule(
    "http", security_group_id=app.id, from_port=80, to_port=80, ip_protocol="tcp", cidr_ipv4="0.0.0.0/0"
)
aws.ec2.NetworkAcl(
    "main",
    vpc_id=vpc.id,
    ingress=[
        {
            "rule_no": 100,
            "action": "allow",
            "protocol": "tcp",
            "cidr_block": "0.0.0.0/0",
            "from_port": 22,
            "to_port": 22,
        }
    ],
)
aws.ec2.VpcEndpoint(
    "s3",
    vpc_id=vpc.id,
    service_name="com.amazonaws.eu-west-1.s3",
    route_table_ids=[private_routes.id],
)
flow = aws.cloudwatch.LogGroup("flow", name="/twin/flow", retention_in_days=30)
aws.ec2.FlowLog(
    "main",
    vpc_id=vpc.id,
    traffic_type="ALL",
    log_destination_type="cloud-watch-logs",
    log_destination=flow.arn,
    iam_role_arn="arn:aws:iam::123456789012:role/flow",
)
aws.ec2.Instance(
    "web",
    ami="ami-0123456789abcdef0",
    instance_type="t3.micro",
    subnet_id=public.id,
    vpc_security_group_ids=[open_group.id],
    associate_public_ip_address=True,
    root_block_device={"encrypted": False, "volume_size": 20},
    metadata_options={"http_tokens": "optional"},
)
