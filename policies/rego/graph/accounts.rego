# METADATA
# description: Azure storage accounts as their containers see them.
package sluice.graph.accounts

import data.sluice.graph.attached
import data.sluice.graph.resources
import data.sluice.graph.values

_account := "azure-native:storage:StorageAccount"

_blobs := "azure-native:storage:BlobServiceProperties"

# URNs of the account that a container is in, as a set of one; empty where that is not known.
of(container) := {urn |
	some urn in values.sources(object.get(resources.inputs(container), "accountName", null))
	resources.types[urn] == _account
} | {account.urn |
	name := values.at(resources.inputs(container), ["accountName"])
	values.literal(name)
	some account in resources.of_type(_account)
	values.resolved(object.get(account, "physical_name", null)) == name
}

# A setting of the blobs of a container's account; open where the account or its settings are not known.
blob_setting(container, path) := value if {
	value := [found |
		some account in of(container)
		some blobs in attached.of(account, _blobs)
		found := values.at(resources.inputs(blobs), path)
	][0]
} else := {"$unknown": {"from": []}} if {
	count(of(container)) == 0
} else := {"$unknown": {"from": []}} if {
	attached.may_be(_blobs)
} else := null

# The immutability policies of a container, and whether there may be one that nobody can tell.
immutability(container) := [policy |
	some policy in resources.of_type("azure-native:storage:BlobContainerImmutabilityPolicy")
	_names(resources.inputs(policy), container)
]

_names(inputs, container) if container.urn in values.sources(object.get(inputs, "containerName", null))

_names(inputs, container) if {
	name := values.at(inputs, ["containerName"])
	values.literal(name)
	name == values.resolved(object.get(container, "physical_name", null))
	count(of({"inputs": inputs}) & of(container)) > 0
}
