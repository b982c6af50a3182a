# METADATA
# title: The raw zone keeps every version
# description: >-
#   What was extracted cannot be extracted again. With versions, an overwrite or a deletion can be undone.
# custom:
#   severity: high
#   category: retention
#   fix: Switch versioning on for the bucket (S3, Cloud Storage) or the account's blobs (Azure).
#   frameworks: [NIST 800-53 CP-9, ISO 27001 A.8.13]
#   mandatory: true
package sluice.retention.raw_versioning

import data.sluice.graph.accounts
import data.sluice.graph.buckets
import data.sluice.graph.resources
import data.sluice.graph.values
import data.sluice.graph.verdict
import data.sluice.graph.zones

_versioned := {"must": "be", "values": [true, "enabled"]}

_subjects := array.concat(
	[{"resource": bucket, "path": ["versioning"], "judged": verdict.judge(buckets.versioning(bucket), _versioned)} |
		some bucket in zones.raw_of("aws:s3/bucket:Bucket")
	],
	array.concat(
		[{"resource": bucket, "path": ["versioning", "enabled"], "judged": judged} |
			some bucket in zones.raw_of("gcp:storage/bucket:Bucket")
			judged := verdict.judge(values.at(resources.inputs(bucket), ["versioning", "enabled"]), _versioned)
		],
		[{"resource": container, "path": ["accountName"], "judged": judged} |
			some container in zones.raw_of("azure-native:storage:BlobContainer")
			judged := verdict.judge(accounts.blob_setting(container, ["isVersioningEnabled"]), _versioned)
		],
	),
)

examined contains subject.resource.urn if some subject in _subjects

findings contains verdict.fail(subject.resource, "the raw zone must keep versions", subject.path) if {
	some subject in _subjects
	subject.judged == "fail"
}

findings contains verdict.undetermined(subject.resource, "whether the raw zone keeps versions is not known before apply", subject.path) if {
	some subject in _subjects
	subject.judged == "undetermined"
}
