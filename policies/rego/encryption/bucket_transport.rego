# METADATA
# title: Buckets refuse plain HTTP
# description: >-
#   S3 answers on HTTP as on HTTPS. A bucket policy that denies requests without TLS is the only way to be sure
#   that no client sends keys or data in clear. Asked for in staging and prod.
# custom:
#   severity: medium
#   category: encryption
#   fix: 'Attach a bucket policy that denies `s3:*` on the bucket and its objects where `aws:SecureTransport` is false.'
#   frameworks: [CIS AWS 3.0 2.1.1, NIST 800-53 SC-8]
#   mandatory: true
package sluice.encryption.bucket_transport

import data.sluice.graph.attached
import data.sluice.graph.buckets
import data.sluice.graph.context
import data.sluice.graph.documents
import data.sluice.graph.verdict

_message := "no bucket policy denies requests without TLS"

examined contains bucket.urn if {
	context.keeps_data
	some bucket in buckets.all
}

findings contains verdict.fail(bucket, _message, ["policy"]) if {
	context.keeps_data
	some bucket in buckets.all
	not _denied(bucket)
	not _unreadable(bucket)
}

findings contains verdict.undetermined(bucket, "whether a policy denies requests without TLS is not known before apply", ["policy"]) if {
	context.keeps_data
	some bucket in buckets.all
	not _denied(bucket)
	_unreadable(bucket)
}

_denied(bucket) if {
	some policy in buckets.policies(bucket)
	some statement in documents.statements(policy)
	statement.effect == "Deny"
	statement.everyone
	some action in statement.actions
	action in {"*", "s3:*"}
	some operator, conditions in statement.condition
	operator in {"Bool", "BoolIfExists"}
	some key, value in conditions
	lower(key) == "aws:securetransport"
	verdict.plain(documents.single(value)) == false
}

_unreadable(bucket) if {
	some policy in buckets.policies(bucket)
	not documents.readable(policy)
}

_unreadable(_) if attached.may_be("aws:s3/bucketPolicy:BucketPolicy")
