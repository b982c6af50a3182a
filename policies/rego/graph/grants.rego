# METADATA
# description: What identity policies of AWS allow, statement by statement, and words for wide actions and resources.
package sluice.graph.grants

import data.sluice.graph.documents
import data.sluice.graph.values

# Every allowing statement of an identity policy, with the resource and the place where it stands.
allowing := [{"resource": document.resource, "path": document.path, "statement": statement} |
	some document in documents.of_kind("identity")
	some statement in documents.statements(document.value)
	statement.effect == "Allow"
]

examined := {document.resource.urn | some document in documents.of_kind("identity")}

# Documents that nobody can read before apply.
unreadable := [document |
	some document in documents.of_kind("identity")
	not documents.readable(document.value)
]

# `*`, `s3:*`, `*:*`, and what means the same.
wide_action(action) if {
	is_string(action)
	regex.match(`^(\*+|[a-z0-9*?-]+:[*?]+|\*.*)$`, action)
}

# All resources, all of a service, or all of a type in any account.
wide_resource(name) if {
	is_string(name)
	regex.match(`^[*?:]+$|^arn:[^:]*(:[^:]*)?$|^arn:[^:]*:[^:]*:[^:]*:[^:]*:[*?]+$`, name)
}

wide_resource(name) if {
	is_string(name)
	regex.match(`^arn:\*`, name)
}

# Whether an action, perhaps with wildcards, allows another one. Patterns of the kind that IAM knows.
allows(pattern, action) if pattern == action

allows(pattern, action) if {
	is_string(pattern)
	regex.match(`[*?]`, pattern)
	regex.match(_as_regex(pattern), action)
}

_as_regex(pattern) := sprintf("^%s$", [replace(replace(replace(pattern, ".", `\.`), "*", ".*"), "?", ".")])

# Whether an action is not known: it may be any.
open_action(action) if values.open(action)

# Whether a resource may be all: not known, or the answer of a call that nobody can tell.
open_resource(name) if values.unknown(name)

open_resource(name) if values.secret(name)

# Condition keys that narrow a statement on all resources to some.
_narrowing := `^(aws:resourcetag/|aws:requesttag/|aws:resourceaccount$|aws:resourceorgid$|[a-z0-9-]+:resourcetag/|cloudwatch:namespace$|kms:viaservice$|kms:grantisforawsresource$|iam:passedtoservice$|iam:awsservicename$|ec2:(vpc|subnet|authorizedservice)$|s3:dataaccesspoint|secretsmanager:resourcetag/|events:source$|elasticmapreduce:|emr-serverless:|sts:rolesessionname$|ssm:resourcetag/)`

narrowed(statement) if {
	is_object(statement.condition)
	some operator, conditions in statement.condition
	not endswith(lower(operator), "ifexists")
	not contains(lower(operator), "not")
	not lower(operator) == "null"
	is_object(conditions)
	some key, value in conditions
	regex.match(_narrowing, lower(key))
	every item in values.list(value) {
		not item in {"*", "**"}
		not values.unknown(item)
	}
}

# Actions that AWS cannot scope to a resource, or that only read lists, by service and reason.
unscopable := {
	"airflow:listenvironments": "lists",
	"athena:listworkgroups": "lists",
	"autoscaling:describe*": "reads settings",
	"backup:listbackupvaults": "lists",
	"ce:getcostandusage": "no resource type",
	"cloudwatch:describealarms": "reads settings",
	"cloudwatch:getmetricdata": "no resource type",
	"cloudwatch:getmetricstatistics": "no resource type",
	"cloudwatch:listmetrics": "no resource type",
	"cloudwatch:putmetricdata": "no resource type; narrow it with cloudwatch:namespace",
	"ec2:describe*": "no resource type",
	"ecr:getauthorizationtoken": "no resource type",
	"ecs:listclusters": "lists",
	"elasticmapreduce:listclusters": "no resource type",
	"emr-serverless:listapplications": "lists",
	"events:listeventbuses": "lists",
	"events:putpermission": "no resource type",
	"events:removepermission": "no resource type",
	"glue:createsecurityconfiguration": "no resource type",
	"glue:deletesecurityconfiguration": "no resource type",
	"glue:getsecurityconfiguration": "no resource type",
	"glue:getsecurityconfigurations": "no resource type",
	"iam:getaccountsummary": "no resource type",
	"iam:listaccountaliases": "no resource type",
	"iam:listpolicies": "lists",
	"iam:listroles": "lists",
	"kms:listaliases": "no resource type",
	"kms:listkeys": "no resource type",
	"kms:generaterandom": "no resource type",
	"lakeformation:getdataaccess": "no resource type; Lake Formation's own grants decide",
	"lambda:createeventsourcemapping": "no resource type; narrow it with lambda:FunctionArn",
	"lambda:listfunctions": "no resource type",
	"logs:describeloggroups": "lists",
	"logs:describequeries": "no resource type",
	"logs:getqueryresults": "no resource type",
	"logs:stopquery": "no resource type",
	"organizations:describeorganization": "no resource type",
	"rds:describe*": "reads settings",
	"redshift-data:cancelstatement": "only statements of the caller",
	"redshift-data:describestatement": "only statements of the caller",
	"redshift-data:getstatementresult": "only statements of the caller",
	"redshift-data:liststatements": "only statements of the caller",
	"redshift-serverless:createusagelimit": "no resource type",
	"redshift-serverless:deleteusagelimit": "no resource type",
	"redshift-serverless:getusagelimit": "no resource type",
	"redshift-serverless:listnamespaces": "lists",
	"redshift-serverless:listworkgroups": "lists",
	"redshift-serverless:updateusagelimit": "no resource type",
	"s3:getaccountpublicaccessblock": "no resource type",
	"s3:listallmybuckets": "no resource type",
	"secretsmanager:getrandompassword": "no resource type",
	"secretsmanager:listsecrets": "no resource type",
	"sns:getsubscriptionattributes": "no resource type",
	"sns:listtopics": "lists",
	"sns:setsubscriptionattributes": "no resource type",
	"sns:unsubscribe": "no resource type",
	"sqs:listqueues": "lists",
	"ssm:describeparameters": "lists",
	"ssmmessages:createcontrolchannel": "no resource type",
	"ssmmessages:createdatachannel": "no resource type",
	"ssmmessages:opencontrolchannel": "no resource type",
	"ssmmessages:opendatachannel": "no resource type",
	"sts:getcalleridentity": "no resource type",
	"tag:getresources": "no resource type",
	"xray:getsamplingrules": "no resource type",
	"xray:getsamplingtargets": "no resource type",
	"xray:puttelemetryrecords": "no resource type",
	"xray:puttracesegments": "no resource type",
}

_unscopable_patterns := {action | some action, _ in unscopable; contains(action, "*")}

cannot_be_scoped(action) if unscopable[action]

cannot_be_scoped(action) if {
	some pattern in _unscopable_patterns
	startswith(action, trim_suffix(pattern, "*"))
}
