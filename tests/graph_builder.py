"""Builds small resource graphs by hand, for tests of what works on graphs."""

from __future__ import annotations

from typing import Any

from policies.gate.graph import CallSite, Diagnostic, Provider, Resource, ResourceGraph
from policies.gate.values import REF, UNKNOWN, Reference, Value, reference

SHORT = {
    "Vpc": "aws:ec2/vpc:Vpc",
    "Subnet": "aws:ec2/subnet:Subnet",
    "Gateway": "aws:ec2/internetGateway:InternetGateway",
    "Nat": "aws:ec2/natGateway:NatGateway",
    "RouteTable": "aws:ec2/routeTable:RouteTable",
    "DefaultRouteTable": "aws:ec2/defaultRouteTable:DefaultRouteTable",
    "Route": "aws:ec2/route:Route",
    "Association": "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "MainAssociation": "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation",
    "Acl": "aws:ec2/networkAcl:NetworkAcl",
    "AclRule": "aws:ec2/networkAclRule:NetworkAclRule",
    "Group": "aws:ec2/securityGroup:SecurityGroup",
    "GroupRule": "aws:ec2/securityGroupRule:SecurityGroupRule",
    "IngressRule": "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "PrefixList": "aws:ec2/managedPrefixList:ManagedPrefixList",
    "Instance": "aws:ec2/instance:Instance",
    "Interface": "aws:ec2/networkInterface:NetworkInterface",
    "Eip": "aws:ec2/eip:Eip",
    "Template": "aws:ec2/launchTemplate:LaunchTemplate",
    "ScalingGroup": "aws:autoscaling/group:Group",
    "Rds": "aws:rds/instance:Instance",
    "SubnetGroup": "aws:rds/subnetGroup:SubnetGroup",
    "Balancer": "aws:lb/loadBalancer:LoadBalancer",
    "Listener": "aws:lb/listener:Listener",
    "Role": "aws:iam/role:Role",
    "RolePolicy": "aws:iam/rolePolicy:RolePolicy",
    "Attachment": "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "Policy": "aws:iam/policy:Policy",
    "PolicyAttachment": "aws:iam/policyAttachment:PolicyAttachment",
    "User": "aws:iam/user:User",
    "UserGroup": "aws:iam/group:Group",
    "UserGroupPolicy": "aws:iam/groupPolicy:GroupPolicy",
    "Membership": "aws:iam/userGroupMembership:UserGroupMembership",
    "Bucket": "aws:s3/bucket:Bucket",
    "BucketPolicy": "aws:s3/bucketPolicy:BucketPolicy",
    "Key": "aws:kms/key:Key",
    "Alias": "aws:kms/alias:Alias",
    "Function": "aws:lambda/function:Function",
    "GcpInstance": "gcp:compute/instance:Instance",
    "GcpNetwork": "gcp:compute/network:Network",
    "GcpFirewall": "gcp:compute/firewall:Firewall",
    "GcpAccount": "gcp:serviceaccount/account:Account",
    "GcpMember": "gcp:projects/iAMMember:IAMMember",
    "GcpBinding": "gcp:projects/iAMBinding:IAMBinding",
    "GcpOnAccount": "gcp:serviceaccount/iAMMember:IAMMember",
    "GcpCustomRole": "gcp:projects/iAMCustomRole:IAMCustomRole",
    "AzureVm": "azure-native:compute:VirtualMachine",
    "AzureNic": "azure-native:network:NetworkInterface",
    "AzureAddress": "azure-native:network:PublicIPAddress",
    "AzureNsg": "azure-native:network:NetworkSecurityGroup",
    "AzureRule": "azure-native:network:SecurityRule",
    "AzureSubnet": "azure-native:network:Subnet",
    "AzureNetwork": "azure-native:network:VirtualNetwork",
    "AzureAssignment": "azure-native:authorization:RoleAssignment",
    "AzureIdentity": "azure-native:managedidentity:UserAssignedIdentity",
    "AzureStorage": "azure-native:storage:StorageAccount",
    "AzureSqlServer": "azure-native:sql:Server",
    "AzureSqlFirewall": "azure-native:sql:FirewallRule",
}


class GraphBuilder:
    """A graph that grows: `add` registers a resource and gives it back, `ref` refers to its outputs."""

    def __init__(self, stack: str = "aws-dev", project: str = "sluice") -> None:
        self.stack, self.project = stack, project
        self.resources: dict[str, Resource] = {}
        self.providers: dict[str, Provider] = {}
        self.outputs: dict[str, Value] = {}
        self.diagnostics: list[Diagnostic] = []

    def add(self, type_: str, name: str, inputs: dict[str, Value] | None = None, **fields: Any) -> Resource:
        """Adds a resource; `type_` is a token, or a short name from the table above."""
        token = SHORT.get(type_, type_)
        parent = fields.get("parent")
        types = f"{parent.split('::')[2]}${token}" if parent else token
        urn = f"urn:pulumi:{self.stack}::{self.project}::{types}::{name}"
        given = inputs or {}
        fields.setdefault("physical_name", given.get("name") or given.get("bucket"))
        fields.setdefault("sites", (CallSite("stacks/aws.py", len(self.resources) + 1),))
        made = Resource(urn=urn, type=token, name=name, inputs=given, **fields)
        self.resources[urn] = made
        return made

    def graph(self) -> ResourceGraph:
        """The graph as it is now."""
        return ResourceGraph(
            project=self.project,
            stack=self.stack,
            schema=1,
            resources=dict(self.resources),
            providers=self.providers,
            outputs=self.outputs,
            diagnostics=tuple(self.diagnostics),
        )


def ref(resource: Resource, property: str = "id") -> dict[str, Value]:
    """A reference to an output."""
    return reference(resource.urn, property)


def text(resource: Resource, property: str) -> str:
    """A reference to an output inside a longer text."""
    return Reference(resource.urn, property).in_text()


def unknown(*sources: Resource) -> dict[str, Value]:
    """A value that is not known before apply."""
    return {UNKNOWN: {"from": sorted(item.urn for item in sources)}}


def answer(token: str, property: str) -> dict[str, Value]:
    """A part of the answer of a provider function that only the cloud knows."""
    return {REF: {"urn": f"call:{token}", "property": property}}
