# METADATA
# title: Storage refuses public access
# description: >-
#   One wrong permission on one object is enough to publish it. Blocking public access on the whole bucket or
#   account makes such a permission without effect, whoever grants it.
# custom:
#   severity: critical
#   category: public-exposure
#   fix: >-
#     S3: attach a BucketPublicAccessBlock with all four switches on. Cloud Storage: publicAccessPrevention
#     `enforced` and uniformBucketLevelAccess. Azure: allowBlobPublicAccess false and no public containers.
#   frameworks: [CIS AWS 3.0 2.1.4, CIS GCP 3.0 5.1, CIS Azure 3.0 4.17, NIST 800-53 AC-3]
#   mandatory: true
package sluice.public_exposure.buckets

import data.sluice.graph.attached
import data.sluice.graph.buckets
import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict

_block := "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"

_account_block := "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"

_switches := ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"]

_public_acls := ["public-read", "public-read-write", "authenticated-read", "website"]

_public_groups := [
	"http://acs.amazonaws.com/groups/global/allusers",
	"http://acs.amazonaws.com/groups/global/authenticatedusers",
]

_all_on := [requirement |
	some switch in _switches
	requirement := {
		"path": [switch],
		"must": "be",
		"values": [true],
		"say": "public access must be blocked in all four ways",
	}
]

_not_public(path, unwanted, say) := {"path": path, "must": "not", "values": unwanted, "say": say}

requirements := {
	_block: _all_on,
	_account_block: _all_on,
	"aws:s3/bucketAcl:BucketAcl": [
		_not_public(["acl"], _public_acls, "the ACL must not be public"),
		_not_public(["accessControlPolicy", "grants", "*", "grantee", "uri"], _public_groups, "nobody but accounts may be granted access"),
	],
	"aws:s3/bucket:Bucket": [
		_not_public(["acl"], _public_acls, "the ACL must not be public"),
		_not_public(["grants", "*", "uri"], _public_groups, "nobody but accounts may be granted access"),
	],
	"aws:s3/bucketObject:BucketObject": [_not_public(["acl"], _public_acls, "the ACL must not be public")],
	"aws:s3/bucketObjectv2:BucketObjectv2": [_not_public(["acl"], _public_acls, "the ACL must not be public")],
	"gcp:storage/bucket:Bucket": [
		{
			"path": ["publicAccessPrevention"],
			"must": "be",
			"values": ["enforced"],
			"say": "public access must be prevented",
		},
		{
			"path": ["uniformBucketLevelAccess"],
			"must": "be",
			"values": [true],
			"say": "access must be granted on the whole bucket, not by object ACLs",
		},
	],
	"gcp:storage/bucketACL:BucketACL": [_not_public(
		["predefinedAcl"],
		["publicread", "publicreadwrite", "authenticatedread"],
		"the ACL must not be public",
	)],
	"gcp:storage/bucketAccessControl:BucketAccessControl": [_not_public(
		["entity"],
		["allusers", "allauthenticatedusers"],
		"nobody but accounts may be granted access",
	)],
	"gcp:storage/defaultObjectAccessControl:DefaultObjectAccessControl": [_not_public(
		["entity"],
		["allusers", "allauthenticatedusers"],
		"nobody but accounts may be granted access",
	)],
	"gcp:storage/objectAccessControl:ObjectAccessControl": [_not_public(
		["entity"],
		["allusers", "allauthenticatedusers"],
		"nobody but accounts may be granted access",
	)],
	"azure-native:storage:StorageAccount": [{
		"path": ["allowBlobPublicAccess"],
		"must": "be",
		"values": [false],
		# Accounts made by an API of 2023 or newer refuse it; said all the same, it holds for every version.
		"default": false,
		"say": "containers must not be made public",
	}],
	"azure-native:storage:BlobContainer": [{
		"path": ["publicAccess"],
		"must": "be",
		"values": ["none"],
		"default": "none",
		"say": "the container must not be public",
	}],
}

examined := verdict.examined(requirements)

findings := verdict.findings(requirements) | _unblocked

_unblocked contains verdict.fail(bucket, "no BucketPublicAccessBlock belongs to the bucket", ["bucket"]) if {
	some bucket in buckets.all
	_blocks(bucket) == 0
	not attached.may_be(_block)
	count(resources.of_type(_account_block)) == 0
}

_unblocked contains verdict.undetermined(bucket, "which bucket a BucketPublicAccessBlock belongs to is not known before apply", ["bucket"]) if {
	some bucket in buckets.all
	_blocks(bucket) == 0
	attached.may_be(_block)
	count(resources.of_type(_account_block)) == 0
}

_blocks(bucket) := count(attached.of(bucket.urn, _block))

# ACL entries of Cloud Storage as texts: `READER:allUsers`.
_entries := {
	"gcp:storage/bucketACL:BucketACL": "roleEntities",
	"gcp:storage/defaultObjectACL:DefaultObjectACL": "roleEntities",
	"gcp:storage/objectACL:ObjectACL": "roleEntities",
}

_unblocked contains verdict.fail(acl, sprintf("nobody but accounts may be granted access (%s)", [node.value]), node.path) if {
	some type, name in _entries
	some acl in resources.of_type(type)
	some node in values.nodes(resources.inputs(acl), [name, "*"])
	is_string(node.value)
	regex.match(`(?i):(allUsers|allAuthenticatedUsers)$`, node.value)
}
