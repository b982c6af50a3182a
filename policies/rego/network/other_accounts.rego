# METADATA
# title: Nothing is handed to another account
# description: >-
#   A key's grant, a replication, a shared snapshot or a peering gives another account what this one guards, and none
#   of it is in a policy that somebody reviews. Ours are the accounts that the program's providers are held to, and those
#   that its environment names.
# custom:
#   severity: critical
#   category: network
#   fix: Name an account of our own, or hand over through a role whose trust and rights are reviewed.
#   frameworks: [NIST 800-53 AC-4, NIST 800-53 AC-21, ISO 27001 A.5.14]
#   mandatory: true
package sluice.network.other_accounts

import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict

# Where accounts, or ARNs that hold them, are written.
_places := {
	"aws:ec2/amiLaunchPermission:AmiLaunchPermission": [["accountId"]],
	"aws:ec2/snapshotCreateVolumePermission:SnapshotCreateVolumePermission": [["accountId"]],
	"aws:ec2/vpcPeeringConnection:VpcPeeringConnection": [["peerOwnerId"]],
	"aws:kms/grant:Grant": [["granteePrincipal"], ["retiringPrincipal"]],
	"aws:ram/principalAssociation:PrincipalAssociation": [["principal"]],
	"aws:rds/snapshot:Snapshot": [["sharedAccounts", "*"]],
	"aws:s3/bucketReplicationConfig:BucketReplicationConfig": [["rules", "*", "destination", "account"]],
}

_own := {account | some account in object.get(input, ["context", "accounts"], [])} | {account |
	some provider in object.get(input, "providers", {})
	some account in values.list(object.get(provider, ["inputs", "allowedAccountIds"], []))
	is_string(account)
}

_named := [{"resource": resource, "path": node.path, "value": node.value} |
	some type, paths in _places
	some path in paths
	some resource in resources.of_type(type)
	some node in values.nodes(resources.inputs(resource), path)
	node.value != null
]

examined contains resource.urn if some resource in resources.of_types(object.keys(_places))

findings contains verdict.fail(item.resource, sprintf("%s is not an account of ours", [item.value]), item.path) if {
	some item in _named
	count(_own) > 0
	account := _account(item.value)
	not account in _own
}

findings contains verdict.undetermined(item.resource, sprintf("whether %s is an account of ours: neither the provider (`allowed_account_ids`) nor the context (`accounts`) says which are", [item.value]), item.path) if {
	some item in _named
	count(_own) == 0
	_account(item.value)
}

findings contains verdict.undetermined(item.resource, "which account gets it is not known before apply", item.path) if {
	some item in _named
	values.unknown(item.value)
}

_account(value) := value if {
	is_string(value)
	regex.match(`^([0-9]{12}|all)$`, value)
}

_account(value) := split(value, ":")[4] if {
	is_string(value)
	regex.match(`^arn:[^:]+:[^:]*:[^:]*:[0-9]{12}:`, value)
}
