"""What holds for every component of every cloud, in every environment.

Runs the stacks under recording mocks: it does not prove that a cloud accepts them.
"""

from __future__ import annotations

import importlib
import inspect
import json
import keyword
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from environments import load, naming, places
from environments.manifest import Zone
from environments.vocabulary import Cloud, Nat, Tier
from releases.targets import store_uri
from tests.recording_mocks import Recorded, Recording, record

CLOUDS = (Cloud.AWS, Cloud.GCP, Cloud.AZURE)
NAMES = [f"{cloud}-{tier}" for cloud in CLOUDS for tier in (Tier.DEV, Tier.STAGING, Tier.PROD)]
PACKAGES = {"aws": "pulumi_aws", "gcp": "pulumi_gcp", "azure-native": "pulumi_azure_native"}

DATA_BEARING = {
    "aws:backup/vault:Vault",
    "aws:kms/key:Key",
    "aws:kms/alias:Alias",
    "aws:s3/bucket:Bucket",
    "aws:secretsmanager/secret:Secret",
    "gcp:kms/keyRing:KeyRing",
    "gcp:kms/cryptoKey:CryptoKey",
    "gcp:storage/bucket:Bucket",
    "gcp:secretmanager/secret:Secret",
    "azure-native:resources:ResourceGroup",
    "azure-native:keyvault:Vault",
    "azure-native:keyvault:Key",
    "azure-native:storage:StorageAccount",
    "azure-native:storage:BlobContainer",
}

# Where a physical name stands, and what the service takes.
NAME_RULES = {
    "aws:s3/bucket:Bucket": ("bucket", r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"),
    "aws:iam/role:Role": ("name", r"[\w+=,.@-]{1,64}"),
    "aws:iam/rolePolicy:RolePolicy": ("name", r"[\w+=,.@-]{1,128}"),
    "aws:kms/alias:Alias": ("name", r"alias/[a-zA-Z0-9/_-]{1,250}"),
    "aws:cloudwatch/logGroup:LogGroup": ("name", r"[\w/.#-]{1,512}"),
    "aws:ec2/securityGroup:SecurityGroup": ("name", r"(?!sg-)[\w .:/()#,@\[\]+=&;{}!$*-]{1,255}"),
    "aws:secretsmanager/secret:Secret": ("name", r"[\w/+=.@-]{1,512}(?<!-.{6})"),
    "aws:backup/vault:Vault": ("name", r"[a-zA-Z0-9_-]{2,50}"),
    "aws:backup/plan:Plan": ("name", r"[a-zA-Z0-9_.-]{1,50}"),
    "aws:backup/selection:Selection": ("name", r"[a-zA-Z0-9_.-]{1,50}"),
    "aws:backup/reportPlan:ReportPlan": ("name", r"[a-zA-Z]\w{0,255}"),
    "aws:backup/restoreTestingPlan:RestoreTestingPlan": ("name", r"\w{1,50}"),
    "aws:backup/restoreTestingSelection:RestoreTestingSelection": ("name", r"\w{1,50}"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("name", r"[\x20-\x7e]{1,255}"),
    "aws:lambda/function:Function": ("name", r"[a-zA-Z0-9_-]{1,64}"),
    "aws:scheduler/schedule:Schedule": ("name", r"[a-zA-Z0-9_.-]{1,64}"),
    "aws:scheduler/scheduleGroup:ScheduleGroup": ("name", r"[a-zA-Z0-9_.-]{1,64}"),
    "aws:sns/topic:Topic": ("name", r"[a-zA-Z0-9_-]{1,256}"),
    "aws:sqs/queue:Queue": ("name", r"[a-zA-Z0-9_-]{1,80}"),
    "gcp:storage/bucket:Bucket": ("name", r"(?!goog)[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]"),
    "gcp:kms/keyRing:KeyRing": ("name", r"[a-zA-Z0-9_-]{1,63}"),
    "gcp:kms/cryptoKey:CryptoKey": ("name", r"[a-zA-Z0-9_-]{1,63}"),
    "gcp:compute/network:Network": ("name", r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?"),
    "gcp:compute/subnetwork:Subnetwork": ("name", r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?"),
    "gcp:compute/firewall:Firewall": ("name", r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?"),
    "gcp:compute/route:Route": ("name", r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?"),
    "gcp:dns/managedZone:ManagedZone": ("name", r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?"),
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": ("bucketId", r"[a-zA-Z0-9][\w.-]{0,99}"),
    "gcp:logging/projectSink:ProjectSink": ("name", r"[\w.-]{1,100}"),
    "gcp:pubsub/topic:Topic": ("name", r"(?!goog)[a-zA-Z][\w.~+%-]{2,254}"),
    "gcp:secretmanager/secret:Secret": ("secretId", r"[\w-]{1,255}"),
    "gcp:serviceaccount/account:Account": ("accountId", r"[a-z][a-z0-9-]{4,28}[a-z0-9]"),
    "azure-native:authorization:RoleDefinition": ("roleName", r".{1,128}"),
    "azure-native:keyvault:Key": ("keyName", r"[a-zA-Z0-9-]{1,127}"),
    "azure-native:keyvault:Vault": ("vaultName", r"[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,22}[a-zA-Z0-9]"),
    "azure-native:managedidentity:UserAssignedIdentity": ("resourceName", r"[a-zA-Z0-9][\w-]{2,127}"),
    "azure-native:monitor:DiagnosticSetting": ("name", r"[^*<>%&:\\?+/]{1,260}"),
    "azure-native:network:FlowLog": ("flowLogName", r"[a-zA-Z0-9][\w.-]{0,78}\w"),
    "azure-native:network:NetworkSecurityGroup": ("networkSecurityGroupName", r"[a-zA-Z0-9][\w.-]{0,78}\w"),
    "azure-native:network:PrivateEndpoint": ("privateEndpointName", r"[a-zA-Z0-9][\w.-]{0,78}\w"),
    "azure-native:network:RouteTable": ("routeTableName", r"[a-zA-Z0-9][\w.-]{0,78}\w"),
    "azure-native:network:Subnet": ("subnetName", r"[a-zA-Z0-9][\w.-]{0,78}\w"),
    "azure-native:network:VirtualNetwork": ("virtualNetworkName", r"[a-zA-Z0-9][\w.-]{0,62}\w"),
    "azure-native:operationalinsights:Workspace": (
        "workspaceName",
        r"[a-zA-Z0-9][a-zA-Z0-9-]{2,61}[a-zA-Z0-9]",
    ),
    "azure-native:privatedns:VirtualNetworkLink": ("virtualNetworkLinkName", r"[a-zA-Z0-9][\w.-]{0,78}\w"),
    "azure-native:resources:ResourceGroup": ("resourceGroupName", r"[\w().-]{0,89}[\w()-]"),
    "azure-native:storage:BlobContainer": ("containerName", r"[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]"),
    "azure-native:storage:StorageAccount": ("accountName", r"[a-z0-9]{3,24}"),
}
# Named by their parent, by the service, or by what they are a setting of.
WITHOUT_A_NAME = re.compile(
    r"aws:(kms/key:Key|s3/bucket[A-Z].*|s3/inventory:.*|ec2/.*|vpc/.*|secretsmanager/secret[A-Z].*"
    r"|backup/vault[A-Z].*|iam/serviceLinkedRole:.*|lambda/(permission|functionEventInvokeConfig):.*"
    r"|sns/topicPolicy:.*)"
    r"|gcp:(.*I[aA][mM]Member|projects/.*|dns/recordSet:.*)"
    r"|azure-native:(authorization:RoleAssignment|network:PrivateDnsZoneGroup|privatedns:PrivateZone"
    r"|storage:BlobServiceProperties|storage:ManagementPolicy)"
)

# Azure's own roles, the same in every subscription.
BUILT_IN_ROLES = {
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    "4633458b-17de-408a-b874-0445c86b69e6",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "e147488a-f6f5-4113-8e2d-b22465e65bf6",
}
# What AWS knows for `*` only, with what it gives away.
WITHOUT_A_RESOURCE = {
    "cloudwatch:GetMetricData": "AWS Backup reads sizes; numbers only",
    "s3:ListAllMyBuckets": "AWS Backup finds what is tagged; names only",
    "tag:GetResources": "AWS Backup finds what is tagged; names and tags only",
    "ec2:DescribeNetworkInterfaces": "Lambda looks for a function's interfaces; addresses only",
    "ec2:DescribeSubnets": "Lambda looks at a function's subnets; addresses only",
    "xray:PutTelemetryRecords": "functions report how tracing goes; numbers only",
    "xray:PutTraceSegments": "functions write traces, which name no data",
}
ANYWHERE = {"0.0.0.0/0", "::/0", "*", "Internet", "Any"}


ENVIRONMENTS = load.load_all()


@pytest.fixture(params=NAMES)
def recording(request: pytest.FixtureRequest) -> Recording:
    """What one environment's stack registers."""
    return record(request.param)


def test_a_shipper_finds_the_store_where_the_stack_puts_the_releases_zone(recording: Recording) -> None:
    assert store_uri(recording.environment) == recording.exports["zones"][Zone.RELEASES]


def class_of(item: Recorded) -> Any:
    package, module, name = item.type.split(":")
    word = module.split("/")[0]
    # The SDK's module for functions cannot have the service's name, a keyword.
    word = f"{word}_" if keyword.iskeyword(word) else word
    return getattr(importlib.import_module(f"{PACKAGES[package]}.{word}"), name)


def accepts(item: Recorded) -> set[str]:
    return set(inspect.signature(class_of(item)._internal_init).parameters)


def policies(recording: Recording) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every AWS policy document, with the name of the resource that carries it."""
    for item in recording.custom:
        for key, value in item.inputs.items():
            if "olicy" in key and isinstance(value, str) and value.startswith("{"):
                for statement in json.loads(value)["Statement"]:
                    yield f"{item.type} {item.name}", statement


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inside in value.values():
            yield from texts(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from texts(inside)


def test_every_resource_that_can_be_tagged_carries_all_tags(recording: Recording) -> None:
    expected = naming.tags(recording.environment)
    tagged = 0
    for item in recording.custom:
        key = "labels" if item.type.startswith("gcp:") else "tags"
        # On GCP, `tags` are network tags or the organisation's.
        if key in accepts(item):
            found = item.inputs.get(key, {})
            assert {**expected, "data-classification": ""}.keys() <= found.keys(), item.urn
            assert all(found[tag] == value for tag, value in expected.items() if tag != "data-classification")
            assert found["data-classification"] in ("internal", "confidential", "restricted"), item.urn
            tagged += 1
    assert tagged > 10


def test_every_physical_name_is_one_that_its_service_takes(recording: Recording) -> None:
    start = f"{recording.environment.project}-{recording.environment.name}"
    for item in recording.custom:
        if item.type not in NAME_RULES:
            assert WITHOUT_A_NAME.fullmatch(item.type), f"{item.type}: say in NAME_RULES how it is named"
            continue
        key, pattern = NAME_RULES[item.type]
        name = item.inputs[key]
        assert re.fullmatch(pattern, name), f"{item.urn}: {name}"
        if item.type not in ("azure-native:storage:BlobContainer", "azure-native:network:Subnet"):
            plain = re.sub("[-_]", "", name.removeprefix("alias/"))
            # Of a name that was cut, a recognisable beginning is left.
            assert plain.startswith(start.replace("-", "")[:11]), f"{item.urn}: {name}"


def test_no_two_resources_of_a_type_have_one_physical_name() -> None:
    seen: dict[tuple[str, str], str] = {}
    for name in NAMES:
        for item in record(name).custom:
            if item.type in NAME_RULES and item.type not in (
                "azure-native:storage:BlobContainer",  # unique in their account
                "azure-native:network:Subnet",  # unique in their network
                "azure-native:monitor:DiagnosticSetting",  # unique on what they record
                "azure-native:privatedns:VirtualNetworkLink",  # unique in their zone
                "aws:iam/rolePolicy:RolePolicy",  # unique in their role
            ):
                key = (item.type, item.inputs[NAME_RULES[item.type][0]])
                assert key not in seen, f"{item.urn} and {seen[key]}"
                seen[key] = item.urn


def test_what_holds_data_is_protected_in_staging_and_prod(recording: Recording) -> None:
    expected = recording.environment.tier is not Tier.DEV
    found = [item for item in recording.custom if item.type in DATA_BEARING]
    assert {item.urn for item in found if item.protect is not expected} == set()
    assert len(found) >= 10


def test_nothing_that_may_hold_data_is_missing_from_the_list() -> None:
    # By the name of the type; a new one is either data-bearing or excused here.
    word = re.compile(r"(Bucket|Key|Secret|Vault|Database|Cluster|StorageAccount|Container|Disk|Table)$")
    excused = {"aws:ec2/routeTable:RouteTable", "azure-native:network:RouteTable"}
    types = {item.type for name in NAMES for item in record(name).custom}
    assert {found for found in types if word.search(found)} - excused <= DATA_BEARING


def test_clouds_own_protection_is_on_where_there_is_one(recording: Recording) -> None:
    protect = recording.environment.protect_data
    for item in recording.custom:
        if item.type in ("gcp:storage/bucket:Bucket", "gcp:kms/cryptoKey:CryptoKey"):
            assert item.inputs["deletionPolicy"] == ("PREVENT" if protect else "DELETE"), item.urn
        if item.type == "gcp:secretmanager/secret:Secret":
            assert item.inputs["deletionProtection"] is protect, item.urn
        if item.type == "azure-native:keyvault:Vault":
            assert item.inputs["properties"]["enablePurgeProtection"] is True, item.urn
        if item.type.endswith(":Bucket"):
            assert item.inputs["forceDestroy"] is False, item.urn


def test_every_resource_is_inside_a_component_named_for_its_capability(recording: Recording) -> None:
    word = {"aws": "Aws", "gcp": "Gcp", "azure": "Azure"}[recording.environment.cloud]
    components = {item.urn: item for item in recording.resources if item.type.startswith("sluice:")}
    assert len(components) >= 5
    for item in components.values():
        assert re.fullmatch(rf"sluice:[a-z]+:{word}[A-Z][a-z]+", item.type)
    for item in recording.custom:
        if item.type != "azure-native:resources:ResourceGroup":
            assert item.parent in components, item.urn


def test_every_resource_goes_through_the_explicit_provider_of_its_account(recording: Recording) -> None:
    (provider,) = (item for item in recording.resources if item.type.startswith("pulumi:providers:"))
    account, region = recording.environment.account, recording.environment.region
    assert account in texts(provider.inputs) or account in provider.inputs.get("allowedAccountIds", "")
    assert region in texts(provider.inputs)
    for item in recording.custom:
        assert item.provider.startswith(provider.urn), item.urn


def test_everything_is_in_a_region_that_the_environment_allows(recording: Recording) -> None:
    allowed = {*recording.environment.allowed_regions, "Global"}
    for item in recording.custom:
        for key in ("region", "location"):
            assert item.inputs.get(key, "Global") in allowed, item.urn


def test_urns_are_unique(recording: Recording) -> None:
    urns = [item.urn for item in recording.resources]
    assert sorted(set(urns)) == sorted(urns)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_urns_stay_what_they_were(cloud: Cloud) -> None:
    """A changed URN is a deletion and a creation: give the resource an alias, then change the file."""
    known = (Path(__file__).parent / "urns" / f"{cloud}-prod.txt").read_text().splitlines()
    found = sorted(item.urn.split("::", 2)[2] for item in record(f"{cloud}-prod").resources)
    assert found == known


def test_no_policy_names_everybody_without_a_condition(recording: Recording) -> None:
    for where, statement in policies(recording):
        everybody = "*" in [name for name in texts(statement.get("Principal", {}))]
        # Who may pass an endpoint is asked in `test_aws_policies`.
        if statement["Effect"] == "Allow" and everybody and "vpcEndpoint" not in where:
            condition = statement.get("Condition", {}).get("StringEquals", {})
            assert {"aws:PrincipalAccount", "aws:SourceAccount", "aws:PrincipalOrgID"} & set(condition), where
    for item in recording.custom:
        assert item.inputs.get("member") not in ("allUsers", "allAuthenticatedUsers"), item.urn


def test_nothing_is_let_in_from_anywhere(recording: Recording) -> None:
    rules = 0
    for item in recording.custom:
        if item.type.endswith(":SecurityGroupIngressRule"):
            assert not {"cidrIpv4", "cidrIpv6"} & set(item.inputs), item.urn
            rules += 1
        if (
            item.type.endswith(":Firewall")
            and item.inputs["direction"] == "INGRESS"
            and item.inputs.get("allows")
        ):
            assert not ANYWHERE & set(item.inputs.get("sourceRanges", [])), item.urn
            assert item.inputs["sourceTags"], item.urn
            rules += 1
        if item.type.endswith(":NetworkSecurityGroup"):
            for rule in item.inputs["securityRules"]:
                if (rule["direction"], rule["access"]) == ("Inbound", "Allow"):
                    assert rule["sourceAddressPrefix"] not in ANYWHERE, item.urn
                    rules += 1
    assert rules == 5


def test_no_right_is_a_wildcard(recording: Recording) -> None:
    for where, statement in policies(recording):
        if statement["Effect"] == "Allow":
            assert not [action for action in listed(statement["Action"]) if "*" in action], where
            # In a key's own policy, `*` is that key; in an endpoint's, all that it leads to.
            if "kms/key" not in where and "vpcEndpoint" not in where and "Resource" in statement:
                unscopable = set(listed(statement["Action"])) <= set(WITHOUT_A_RESOURCE)
                assert "*" not in listed(statement["Resource"]) or unscopable, where
    for item in recording.custom:
        if item.type.endswith("IAMMember") or item.type.endswith("IamMember"):
            assert not item.type.startswith(("gcp:projects", "gcp:folders", "gcp:organizations")), item.urn
            assert item.inputs["role"] not in ("roles/owner", "roles/editor"), item.urn
        if item.type.endswith(":RoleAssignment"):
            # A resource, never a group or a subscription; the tokens of the mocks are ids of resources.
            assert re.fullmatch(r"\$\{[a-z-]+\.id\}", item.inputs["scope"]), item.urn
            assert item.inputs["scope"] != "${platform.id}", item.urn
        if item.type.endswith(":RoleDefinition"):
            (permission,) = item.inputs["permissions"]
            assert not [action for action in permission["dataActions"] if "*" in action], item.urn
            assert permission["actions"] == [], item.urn


def test_no_secret_value_is_an_input(recording: Recording) -> None:
    forbidden = {"value", "secretString", "secretBinary", "secretData", "password", "adminPassword"}
    for item in recording.custom:
        assert not forbidden & set(item.inputs), item.urn
        assert not forbidden & set(item.inputs.get("properties", {})), item.urn


def test_the_exports_are_names_of_what_was_made(recording: Recording) -> None:
    exports, environment = recording.exports, recording.environment
    assert set(exports) == {
        *("region", "failover_region", "zones", "failover_zones", "keys", "secrets"),
        *("identities", "network", "subnets", "security_groups"),
    }
    assert set(exports["zones"]) == {str(zone) for zone in environment.storage.zones}
    scheme = {"aws": "s3://", "gcp": "gs://", "azure": "abfss://"}[environment.cloud]
    assert all(uri.startswith(scheme) for uri in exports["zones"].values())
    assert exports["secrets"] == {
        entry: naming.physical_name(environment, entry) for entry in environment.secrets
    }
    assert set(exports["keys"]) == {str(found) for found in environment.encryption.customer_key_for}
    public = (
        {"public"} if environment.cloud is Cloud.AWS and environment.network.nat is not Nat.NONE else set()
    )
    assert set(exports["subnets"]) == {"orchestration", "compute", "data"} | public


def test_no_type_in_use_is_deprecated() -> None:
    types = {item.type: item for name in NAMES for item in record(name).custom}
    for item in types.values():
        source = inspect.getsource(inspect.getmodule(class_of(item)))  # type: ignore[arg-type]
        found = f"{class_of(item).__name__} has been deprecated"
        assert found not in source, item.type
        for name in re.findall(r'warnings\.warn\("""(\w+) is deprecated', source):
            camel = re.sub(r"_(\w)", lambda match: match[1].upper(), name)
            assert camel not in item.inputs, f"{item.urn}: {name} is deprecated"


@pytest.mark.parametrize(
    "path",
    [
        path
        for folder in ("modules", "stacks")
        for path in sorted((places.ROOT / folder).rglob("*.py"))
        if "local" not in path.name
    ],
    ids=lambda path: str(path.relative_to(places.ROOT)),
)
def test_no_source_holds_an_account_or_a_region(path: Path) -> None:
    source = path.read_text()
    for name, environment in ENVIRONMENTS.items():
        assert environment.account not in source, name
        for region in environment.allowed_regions:
            assert region not in source, region
    assert not re.search(r"\b\d{12}\b", source)
    guids = set(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", source))
    assert guids <= BUILT_IN_ROLES
    assert not re.search(r"\b(eu|us|ap|sa|ca|me|af)-[a-z]+-[0-9]\b|\b(north|south|west|east)europe\b", source)
