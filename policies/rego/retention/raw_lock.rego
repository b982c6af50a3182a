# METADATA
# title: The raw zone is locked
# description: >-
#   A lock is what holds when an account is taken over or a script runs wild: until it ends, nobody deletes what
#   was extracted. In prod it holds for everybody (S3: compliance mode, elsewhere: a locked policy).
# custom:
#   severity: high
#   category: retention
#   fix: >-
#     S3: object lock with a default retention. Cloud Storage: a retention policy, locked in prod. Azure: an
#     immutability policy on the container or the account.
#   frameworks: [SEC 17a-4(f), NIST 800-53 CP-9(8), ISO 27001 A.8.13]
#   mandatory: true
package sluice.retention.raw_lock

import data.sluice.graph.accounts
import data.sluice.graph.buckets
import data.sluice.graph.context
import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict
import data.sluice.graph.zones

# Days, unless the environment says otherwise.
_by_tier := {"local": 1, "dev": 1, "staging": 30, "prod": 365}

_days := given if {
	given := object.get(input, ["context", "raw_zone_keeps_at_least_days"], null)
	given != null
} else := _by_tier[context.tier]

_long := {"must": "min", "values": [_days]}

_modes := ["compliance"] if context.prod

else := ["compliance", "governance"]

_subjects := array.concat(_aws, array.concat(_gcp, _azure))

_aws := [{"resource": bucket, "path": ["objectLockConfiguration"], "judged": judged} |
	some bucket in zones.raw_of("aws:s3/bucket:Bucket")
	judged := _worst({
		verdict.judge(buckets.lock_days(bucket), _long),
		verdict.judge(buckets.lock_mode(bucket), {"must": "be", "values": _modes}),
	})
]

# Seconds, which the SDK takes as a number or a text.
_gcp := [{"resource": bucket, "path": ["retentionPolicy", "retentionPeriod"], "judged": judged} |
	some bucket in zones.raw_of("gcp:storage/bucket:Bucket")
	inputs := resources.inputs(bucket)
	judged := _worst({
		verdict.judge(values.at(inputs, ["retentionPolicy", "retentionPeriod"]), {"must": "min", "values": [_days * 86400]}),
		_locked(values.at(inputs, ["retentionPolicy", "isLocked"])),
	})
]

_locked(value) := verdict.judge(value, {"must": "be", "values": [true]}) if context.prod

_locked(_) := "pass" if not context.prod

_azure := [{"resource": container, "path": ["immutableStorageWithVersioning"], "judged": judged} |
	some container in zones.raw_of("azure-native:storage:BlobContainer")
	judged := verdict.judge(_azure_days(container), _long)
]

# The container's own policy, else its account's.
_azure_days(container) := days if {
	days := [days |
		some policy in accounts.immutability(container)
		days := values.at(resources.inputs(policy), ["immutabilityPeriodSinceCreationInDays"])
	][0]
} else := days if {
	days := [days |
		some account in accounts.of(container)
		inputs := resources.inputs(resources.by_urn[account])
		days := values.at(inputs, ["immutableStorageWithVersioning", "immutabilityPolicy", "immutabilityPeriodSinceCreationInDays"])
		days != null
	][0]
} else := {"$unknown": {"from": []}} if {
	count(accounts.of(container)) == 0
} else := {"$unknown": {"from": []}} if {
	some policy in resources.of_type("azure-native:storage:BlobContainerImmutabilityPolicy")
	values.unknown(values.at(resources.inputs(policy), ["containerName"]))
} else := null

_worst(judged) := "fail" if {
	"fail" in judged
} else := "undetermined" if {
	"undetermined" in judged
} else := "pass"

examined contains subject.resource.urn if some subject in _subjects

findings contains verdict.fail(subject.resource, sprintf("the raw zone must be locked for %d days or more%s", [_days, _how]), subject.path) if {
	some subject in _subjects
	subject.judged == "fail"
}

findings contains verdict.undetermined(subject.resource, "the lock of the raw zone is not known before apply", subject.path) if {
	some subject in _subjects
	subject.judged == "undetermined"
}

_how := ", for everybody" if context.prod

else := ""
