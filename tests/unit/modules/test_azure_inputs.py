"""Azure's components under recording mocks: exact inputs.

Does not prove that Azure accepts them.
"""

from __future__ import annotations

import pytest

from environments import naming
from environments.load import load
from environments.manifest import Zone
from environments.vocabulary import DataClass
from modules.storage.azure_lifecycle import redundancy
from tests.recording_mocks import on_first_use

PROD = on_first_use("azure-prod")
BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"


def test_raw_is_private_locked_copied_and_under_its_key() -> None:
    account = PROD.inputs("azure-native:storage:StorageAccount", "raw")
    expected = {
        "accountName": "sluiceazureprodraw",
        "resourceGroupName": "sluice-azure-prod-platform",
        "location": "westeurope",
        "kind": "StorageV2",
        "sku": {"name": "Standard_GRS"},
        "allowBlobPublicAccess": False,
        "allowSharedKeyAccess": False,
        "allowCrossTenantReplication": False,
        "enableHttpsTrafficOnly": True,
        "minimumTlsVersion": "TLS1_2",
        "publicNetworkAccess": "Disabled",
        "networkRuleSet": {"defaultAction": "Deny", "bypass": "AzureServices"},
        "immutableStorageWithVersioning": {
            "enabled": True,
            "immutabilityPolicy": {
                "immutabilityPeriodSinceCreationInDays": 365,
                "allowProtectedAppendWrites": False,
                "state": "Unlocked",
            },
        },
        "tags": naming.tags(load("azure-prod"), data_classification=DataClass.CONFIDENTIAL),
    }
    assert {key: account[key] for key in expected} == expected
    encryption = account["encryption"]
    assert encryption["keySource"] == "Microsoft.Keyvault"
    assert encryption["requireInfrastructureEncryption"] is True
    assert encryption["keyVaultProperties"] == {
        "keyName": "sluice-azure-prod-encryption-confidential",
        "keyVaultUri": "${keys-vault.vaultUri}",
    }
    assert encryption["encryptionIdentity"] == {"encryptionUserAssignedIdentity": "${storage-identity.id}"}
    curated = PROD.inputs("azure-native:storage:StorageAccount", "curated")
    assert "immutableStorageWithVersioning" not in curated


def test_accounts_wait_until_storage_may_use_their_key() -> None:
    raw = PROD.of("azure-native:storage:StorageAccount")["raw"]
    assert any(urn.endswith("::confidential-key-for-storage") for urn in raw.dependencies)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [(Zone.RAW, "Standard_GRS"), (Zone.ARCHIVE, "Standard_GRS"), (Zone.CURATED, "Standard_ZRS")],
)
def test_no_account_with_an_archive_tier_spreads_over_zones(zone: Zone, expected: str) -> None:
    assert redundancy(load("azure-prod").storage.zones[zone]) == expected


def test_a_zone_ages_as_the_environment_says() -> None:
    whole, archive = PROD.inputs("azure-native:storage:ManagementPolicy", "raw-lifecycle")["policy"]["rules"]
    days = "daysAfterCreationGreaterThan"
    assert whole["definition"] == {
        "actions": {
            "baseBlob": {
                "tierToCool": {days: 30},
                "tierToCold": {days: 180},
                "tierToArchive": {days: 365},
            },
            "version": {"delete": {days: 30}},
        },
        "filters": {"blobTypes": ["blockBlob"], "prefixMatch": ["raw/"]},
    }
    assert archive["definition"] == {
        "actions": {"baseBlob": {"tierToCold": {days: 90}}},
        "filters": {"blobTypes": ["blockBlob"], "prefixMatch": ["raw/archive/"]},
    }


@pytest.mark.parametrize("name", ["keys-vault", "secrets-vault"])
def test_vaults_are_closed_and_nothing_in_them_is_purged_early(name: str) -> None:
    vault = PROD.inputs("azure-native:keyvault:Vault", name)
    assert vault["properties"] == {
        "tenantId": "${getClientConfig.tenantId}",
        "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": True,
        "enableSoftDelete": True,
        "softDeleteRetentionInDays": 30,
        "enablePurgeProtection": True,
        "enabledForDeployment": False,
        "enabledForDiskEncryption": False,
        "enabledForTemplateDeployment": False,
        "publicNetworkAccess": "Disabled",
        "networkAcls": {"defaultAction": "Deny", "bypass": "AzureServices"},
    }
    audit = PROD.inputs("azure-native:monitor:DiagnosticSetting", f"{name}-audit")
    assert audit["resourceUri"] == f"${{{name}.id}}"
    assert audit["logs"] == [{"category": "AuditEvent", "enabled": True}]


def test_keys_only_wrap_and_rotate_by_themselves() -> None:
    key = PROD.inputs("azure-native:keyvault:Key", "restricted-key")["properties"]
    assert (key["kty"], key["keySize"], key["keyOps"]) == ("RSA", 3072, ["wrapKey", "unwrapKey"])
    policy = key["rotationPolicy"]
    assert policy["lifetimeActions"][0]["trigger"] == {"timeAfterCreate": "P365D"}
    assert policy["attributes"] == {"expiryTime": "P395D"}


def test_the_pipelines_may_touch_what_they_need_and_nothing_else() -> None:
    assignments = PROD.of("azure-native:authorization:RoleAssignment")
    mine = {
        name.removeprefix("pipelines-"): item.inputs
        for name, item in assignments.items()
        if name.startswith("pipelines-")
    }
    assert {name: found["scope"] for name, found in mine.items()} == {
        **{str(zone): f"${{{zone}-container.id}}" for zone in Zone},
        "secrets-vault": "${secrets-vault.id}",
    }
    assert mine["raw"]["roleDefinitionId"] == "${blob-adder.id}"
    (permission,) = PROD.inputs("azure-native:authorization:RoleDefinition", "blob-adder")["permissions"]
    assert permission["dataActions"] == [f"{BLOBS}/read", f"{BLOBS}/write", f"{BLOBS}/add/action"]
    condition = mine["releases"]["condition"]
    assert f"@Resource[{BLOBS}:path] StringLike 'releases/*'" in condition
    assert condition.count("(") == condition.count(")")
    assert mine["releases"]["conditionVersion"] == "2.0"


def test_subnets_are_the_models_and_lead_nowhere() -> None:
    subnet = PROD.inputs("azure-native:network:Subnet", "compute-subnet")
    assert subnet["addressPrefix"] == "10.50.128.0/18"
    assert subnet["defaultOutboundAccess"] is False
    assert subnet["networkSecurityGroup"] == {"id": "${compute-group.id}"}
    for table in PROD.of("azure-native:network:RouteTable").values():
        assert table.inputs["routes"] == [
            {"name": "no-internet", "addressPrefix": "0.0.0.0/0", "nextHopType": "None"}
        ]


def test_what_no_flow_allows_is_refused_both_ways() -> None:
    for group in PROD.of("azure-native:network:NetworkSecurityGroup").values():
        rules = group.inputs["securityRules"]
        last = [rule for rule in rules if rule["priority"] == 4096]
        assert [(rule["direction"], rule["access"]) for rule in last] == [
            ("Inbound", "Deny"),
            ("Outbound", "Deny"),
        ]
        assert len({(rule["direction"], rule["priority"]) for rule in rules}) == len(rules)
    data = PROD.inputs("azure-native:network:NetworkSecurityGroup", "data-group")["securityRules"]
    assert [rule["sourceAddressPrefix"] for rule in data if rule["access"] == "Allow"] == [
        "10.50.64.0/18",
        "10.50.128.0/18",
    ]


@pytest.mark.parametrize("name", [*map(str, Zone), "secrets-vault"])
def test_every_service_has_an_address_in_the_data_tier(name: str) -> None:
    endpoint = PROD.inputs("azure-native:network:PrivateEndpoint", f"{name}-endpoint")
    assert endpoint["subnet"] == {"id": "${data-subnet.id}"}
    (connection,) = endpoint["privateLinkServiceConnections"]
    assert connection["privateLinkServiceId"] == f"${{{name}.id}}"
    assert connection["groupIds"] == (["vault"] if name == "secrets-vault" else ["blob"])


def test_every_connection_is_logged_for_as_long_as_the_environment_says() -> None:
    log = PROD.inputs("azure-native:network:FlowLog", "flow-log")
    assert (log["targetResourceId"], log["storageId"]) == ("${vnet.id}", "${flow-logs.id}")
    assert log["retentionPolicy"] == {"enabled": True, "days": 365}
    assert log["networkWatcherName"] == "NetworkWatcher_westeurope"
