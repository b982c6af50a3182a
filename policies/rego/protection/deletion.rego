# METADATA
# title: Data-bearing resources are protected from deletion
# description: >-
#   One wrong rename makes Pulumi replace a database, and its data is gone. In staging and prod, what holds data
#   carries `protect`, and the cloud's own deletion protection where the service has one.
# custom:
#   severity: high
#   category: protection
#   fix: Add `protect=True` to the resource's options (or its component's), and switch the service's deletion protection on.
#   frameworks: [NIST 800-53 CP-9, ISO 27001 A.8.13]
#   mandatory: true
package sluice.protection.deletion

import data.sluice.graph.context
import data.sluice.graph.kinds
import data.sluice.graph.resources
import data.sluice.graph.verdict

_on(path) := {"path": path, "must": "be", "values": [true], "say": "the cloud's own deletion protection must be on"}

requirements := {
	"aws:cognito/userPool:UserPool": [{
		"path": ["deletionProtection"],
		"must": "be",
		"values": ["active"],
		"say": "the cloud's own deletion protection must be on",
	}],
	"aws:docdb/cluster:Cluster": [_on(["deletionProtection"])],
	"aws:dynamodb/table:Table": [_on(["deletionProtectionEnabled"])],
	"aws:neptune/cluster:Cluster": [_on(["deletionProtection"])],
	"aws:rds/cluster:Cluster": [_on(["deletionProtection"])],
	"aws:rds/globalCluster:GlobalCluster": [_on(["deletionProtection"])],
	"aws:rds/instance:Instance": [_on(["deletionProtection"])],
	"gcp:bigquery/table:Table": [object.union(_on(["deletionProtection"]), {"default": true})],
	"gcp:bigtable/instance:Instance": [object.union(_on(["deletionProtection"]), {"default": true})],
	"gcp:filestore/instance:Instance": [_on(["deletionProtectionEnabled"])],
	"gcp:firestore/database:Database": [{
		"path": ["deleteProtectionState"],
		"must": "be",
		"values": ["delete_protection_enabled"],
		"say": "the cloud's own deletion protection must be on",
	}],
	"gcp:spanner/database:Database": [_on(["enableDropProtection"])],
	"gcp:sql/databaseInstance:DatabaseInstance": [
		object.union(_on(["deletionProtection"]), {"default": true}),
		_on(["settings", "deletionProtectionEnabled"]),
	],
}

_own := requirements if context.keeps_data

else := {}

_subjects := resources.of_types(kinds.data_bearing) if context.keeps_data

else := []

examined := verdict.examined(_own) | {resource.urn | some resource in _subjects}

findings := verdict.findings(_own) | {finding |
	some resource in _subjects
	not _protected(resource)
	finding := verdict.fail(resource, "the resource must have `protect`", ["protect"])
}

_protected(resource) if resource.protect == true

# What stays in the cloud when Pulumi lets go of it is not deleted.
_protected(resource) if resource.retain_on_delete == true
