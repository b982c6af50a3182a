# METADATA
# title: Logs are kept long enough, and not for ever
# description: >-
#   An intrusion is noticed after weeks, an audit asks for a year. Logs without an end cost more every month and
#   hold personal data longer than anybody may.
# custom:
#   severity: medium
#   category: retention
#   fix: Set the retention to 30 days or more, in prod to a year or more.
#   frameworks: [CIS AWS 3.0 3.1, PCI DSS 4.0 10.5.1, NIST 800-53 AU-11]
#   mandatory: true
package sluice.retention.logs

import data.sluice.graph.context
import data.sluice.graph.verdict

_least := 365 if context.prod

else := 30 if context.keeps_data

else := 1

_kept(path) := {
	"path": path,
	"must": "min",
	"values": [_least],
	"say": sprintf("logs must be kept for %d days or more", [_least]),
}

requirements := {
	# Zero, and nothing given, is for ever.
	"aws:cloudwatch/logGroup:LogGroup": [_kept(["retentionInDays"])],
	"azure-native:operationalinsights:Workspace": [object.union(_kept(["retentionInDays"]), {"default": 30})],
	"gcp:logging/projectBucketConfig:ProjectBucketConfig": [object.union(_kept(["retentionDays"]), {"default": 30})],
}

examined := verdict.examined(requirements)

findings := verdict.findings(requirements)
