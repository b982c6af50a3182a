# METADATA
# title: No long-lived keys
# description: >-
#   Access keys and service account keys never expire, get copied, and end in repositories. Workloads get
#   short-lived credentials from their identity; storage accounts can refuse their shared keys.
# custom:
#   severity: medium
#   category: iam
#   fix: Use roles, workload identity federation or managed identities; set allowSharedKeyAccess false.
#   frameworks: [CIS AWS 3.0 1.14, CIS GCP 3.0 1.4, CIS Azure 3.0 4.16, NIST 800-53 IA-5]
#   mandatory: true
package sluice.iam.long_lived_keys

import data.sluice.graph.resources
import data.sluice.graph.verdict

_credentials := {
	"aws:iam/accessKey:AccessKey",
	"aws:iam/serviceSpecificCredential:ServiceSpecificCredential",
	"aws:iam/userLoginProfile:UserLoginProfile",
	"gcp:serviceaccount/key:Key",
	"gcp:storage/hmacKey:HmacKey",
}

requirements := {
	"azure-native:storage:StorageAccount": [{
		"path": ["allowSharedKeyAccess"],
		"must": "be",
		"values": [false],
		"say": "the account must refuse its shared keys",
	}],
	"azure-native:cosmosdb:DatabaseAccount": [{
		"path": ["disableLocalAuth"],
		"must": "be",
		"values": [true],
		"say": "the account must refuse its keys",
	}],
	"azure-native:eventhub:Namespace": [{
		"path": ["disableLocalAuth"],
		"must": "be",
		"values": [true],
		"say": "the namespace must refuse its shared keys",
	}],
	"azure-native:servicebus:Namespace": [{
		"path": ["disableLocalAuth"],
		"must": "be",
		"values": [true],
		"say": "the namespace must refuse its shared keys",
	}],
	"azure-native:containerregistry:Registry": [{
		"path": ["adminUserEnabled"],
		"must": "be",
		"values": [false],
		"default": false,
		"say": "the registry's admin user must be off",
	}],
}

examined := verdict.examined(requirements) | {made.urn | some made in resources.of_types(_credentials)}

findings := verdict.findings(requirements) | {verdict.fail(made, "this is a credential that never expires", []) |
	some made in resources.of_types(_credentials)
}
