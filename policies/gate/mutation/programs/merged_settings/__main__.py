"""A storage account whose settings are merged; done wrong, the last part opens it."""

import pulumi
import pulumi_azure_native as azure
from account import Account

planted = pulumi.Config().require_bool("planted")
opened = {
    "allow_blob_public_access": True,
    "public_network_access": azure.storage.PublicNetworkAccess.ENABLED,
}
Account("account", overrides=opened if planted else {})
