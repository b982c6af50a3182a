# METADATA
# title: Backups are kept as long as the data's class asks
# description: >-
#   A backup that is gone when the damage is noticed is no backup. How long it is kept follows from the tier and
#   the class of the data; a week is the least anywhere where data is kept.
# custom:
#   severity: high
#   category: retention
#   fix: Raise the retention of the backups, or switch them on.
#   frameworks: [NIST 800-53 CP-9, ISO 27001 A.8.13, CIS AWS 3.0 2.3.2]
#   mandatory: true
package sluice.retention.backups

import data.sluice.graph.context
import data.sluice.graph.resources
import data.sluice.graph.tags
import data.sluice.graph.values
import data.sluice.graph.verdict

_by_class := {
	"staging": {"confidential": 14, "restricted": 14},
	"prod": {"internal": 14, "confidential": 90, "restricted": 365},
}

_least := 7

# What the services themselves can keep; the plans of AWS Backup keep the rest.
_most := {
	"aws:docdb/cluster:Cluster": 35,
	"aws:neptune/cluster:Cluster": 35,
	"aws:rds/cluster:Cluster": 35,
	"aws:rds/instance:Instance": 35,
	"aws:redshift/cluster:Cluster": 35,
	"azure-native:dbforpostgresql:Server": 35,
}

_days := {
	"aws:backup/plan:Plan": ["rules", "*", "lifecycle", "deleteAfter"],
	"aws:docdb/cluster:Cluster": ["backupRetentionPeriod"],
	"aws:neptune/cluster:Cluster": ["backupRetentionPeriod"],
	"aws:rds/cluster:Cluster": ["backupRetentionPeriod"],
	"aws:rds/instance:Instance": ["backupRetentionPeriod"],
	"aws:redshift/cluster:Cluster": ["automatedSnapshotRetentionPeriod"],
	"azure-native:dbforpostgresql:Server": ["backup", "backupRetentionDays"],
}

# Left out: what the service does. A plan without an end keeps for ever.
_default := {
	"aws:backup/plan:Plan": 36500,
	"aws:docdb/cluster:Cluster": 1,
	"aws:neptune/cluster:Cluster": 1,
	"aws:rds/cluster:Cluster": 1,
	"aws:rds/instance:Instance": 0,
	"aws:redshift/cluster:Cluster": 1,
	"azure-native:dbforpostgresql:Server": 7,
}

_on(path) := {"path": path, "must": "be", "values": [true], "say": "backups must be on"}

requirements := {
	"aws:dynamodb/table:Table": [_on(["pointInTimeRecovery", "enabled"])],
	"azure-native:cosmosdb:DatabaseAccount": [{
		"path": ["backupPolicy", "type"],
		"must": "be",
		"values": ["continuous"],
		"say": "backups must be continuous",
	}],
	"gcp:alloydb/cluster:Cluster": [object.union(_on(["automatedBackupPolicy", "enabled"]), {"default": true})],
	"gcp:sql/databaseInstance:DatabaseInstance": [
		object.union(_on(["settings", "backupConfiguration", "enabled"]), {"when": [{"path": ["masterInstanceName"], "must": "unset"}]}),
		{
			"path": ["settings", "backupConfiguration", "backupRetentionSettings", "retainedBackups"],
			"must": "min",
			"values": [_least],
			"default": 7,
			"say": "a week of backups must be kept",
		},
	],
}

_applicable := requirements if context.keeps_data

else := {}

_wanted(resource) := days if {
	class := tags.data_class(resource)
	days := min([_by_class[context.tier][class], object.get(_most, resources.type_of(resource), 36500)])
} else := _least

# An unknown class may ask for the longest.
_longest(resource) := min([max([days | some days in _by_class[context.tier]]), object.get(_most, resources.type_of(resource), 36500)]) if {
	values.open(tags.data_class(resource))
} else := _wanted(resource)

_subjects := [{"resource": resource, "node": node, "type": type} |
	context.keeps_data
	some type, path in _days
	some resource in resources.of_type(type)
	not _copy(resource)
	some node in values.nodes(resources.inputs(resource), path)
	not _kept_by_another(resource, type, node)
]

# A plan follows all of its rules: a short one beside a long one, such as a continuous backup of some weeks, takes
# nothing away.
_kept_by_another(resource, "aws:backup/plan:Plan", node) if {
	some other in values.nodes(resources.inputs(resource), _days["aws:backup/plan:Plan"])
	other.path != node.path
	days := _given({"node": other, "type": "aws:backup/plan:Plan"})
	not values.open(days)
	days >= _longest(resource)
	shorter := _given({"node": node, "type": "aws:backup/plan:Plan"})
	not values.open(shorter)
	shorter < days
}

# A replica is as good as its source's backups.
_copy(resource) if {
	source := values.at(resources.inputs(resource), ["replicateSourceDb"])
	source != null
}

examined := verdict.examined(_applicable) | {subject.resource.urn | some subject in _subjects}

findings := verdict.findings(_applicable) | _short

_short contains verdict.fail(subject.resource, sprintf("backups are kept for %v days, they must be kept for %d", [days, wanted]), subject.node.path) if {
	some subject in _subjects
	days := _given(subject)
	wanted := _wanted(subject.resource)
	not values.open(days)
	not days >= wanted
}

_short contains verdict.undetermined(subject.resource, "how long backups are kept is not known before apply", subject.node.path) if {
	some subject in _subjects
	values.open(_given(subject))
}

_short contains verdict.undetermined(subject.resource, "the class of the data is not known before apply, so neither is how long backups must be kept", tags.path(subject.resource)) if {
	some subject in _subjects
	days := _given(subject)
	is_number(days)
	days >= _wanted(subject.resource)
	days < _longest(subject.resource)
}

_given(subject) := subject.node.value if subject.node.value != null

else := _default[subject.type]
