# METADATA
# description: |
#   IAM policy documents wherever they are written: as JSON text (with references in it), or as an object.
#   Statements come out in one form: `effect`, `actions`, `not_actions`, `resources`, `not_resources`,
#   `everyone` (any principal), `principals`, `condition`, `sid`. Element names are read in any letter case.
package sluice.graph.documents

import data.sluice.graph.resources
import data.sluice.graph.values

# Where documents stand, by type. `identity`: what its holder may do; `trust`: who may take the role;
# `resource`: who may do what with this resource.
places := {
	"aws:backup/vaultPolicy:VaultPolicy": [{"path": ["policy"], "kind": "resource"}],
	"aws:cloudwatch/eventBusPolicy:EventBusPolicy": [{"path": ["policy"], "kind": "resource"}],
	"aws:ecr/registryPolicy:RegistryPolicy": [{"path": ["policy"], "kind": "resource"}],
	"aws:ecr/repositoryPolicy:RepositoryPolicy": [{"path": ["policy"], "kind": "resource"}],
	"aws:efs/fileSystemPolicy:FileSystemPolicy": [{"path": ["policy"], "kind": "resource"}],
	"aws:glacier/vault:Vault": [{"path": ["accessPolicy"], "kind": "resource"}],
	"aws:glue/resourcePolicy:ResourcePolicy": [{"path": ["policy"], "kind": "resource"}],
	"aws:iam/groupPolicy:GroupPolicy": [{"path": ["policy"], "kind": "identity"}],
	"aws:iam/policy:Policy": [{"path": ["policy"], "kind": "identity"}],
	"aws:iam/role:Role": [
		{"path": ["assumeRolePolicy"], "kind": "trust"},
		{"path": ["inlinePolicies", "*", "policy"], "kind": "identity"},
	],
	"aws:iam/rolePolicy:RolePolicy": [{"path": ["policy"], "kind": "identity"}],
	"aws:iam/userPolicy:UserPolicy": [{"path": ["policy"], "kind": "identity"}],
	"aws:kms/key:Key": [{"path": ["policy"], "kind": "resource"}],
	"aws:kms/keyPolicy:KeyPolicy": [{"path": ["policy"], "kind": "resource"}],
	"aws:opensearch/domain:Domain": [{"path": ["accessPolicies"], "kind": "resource"}],
	"aws:opensearch/domainPolicy:DomainPolicy": [{"path": ["accessPolicies"], "kind": "resource"}],
	"aws:s3/accessPoint:AccessPoint": [{"path": ["policy"], "kind": "resource"}],
	"aws:s3/bucket:Bucket": [{"path": ["policy"], "kind": "resource"}],
	"aws:s3/bucketPolicy:BucketPolicy": [{"path": ["policy"], "kind": "resource"}],
	"aws:s3tables/tableBucketPolicy:TableBucketPolicy": [{"path": ["resourcePolicy"], "kind": "resource"}],
	"aws:secretsmanager/secret:Secret": [{"path": ["policy"], "kind": "resource"}],
	"aws:secretsmanager/secretPolicy:SecretPolicy": [{"path": ["policy"], "kind": "resource"}],
	"aws:sns/topic:Topic": [{"path": ["policy"], "kind": "resource"}],
	"aws:sns/topicPolicy:TopicPolicy": [{"path": ["policy"], "kind": "resource"}],
	"aws:sqs/queue:Queue": [{"path": ["policy"], "kind": "resource"}],
	"aws:sqs/queuePolicy:QueuePolicy": [{"path": ["policy"], "kind": "resource"}],
	"aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": [{
		"path": ["inlinePolicy"],
		"kind": "identity",
	}],
}

# Every document of one kind: `{resource, path, value}`.
of_kind(kind) := object.get(_by_kind, kind, [])

_by_kind := {kind: found |
	some kind in ["identity", "trust", "resource"]
	found := [{"resource": resource, "path": node.path, "value": node.value} |
		some type, places_of_type in places
		some place in places_of_type
		place.kind == kind
		some resource in resources.of_type(type)
		some node in values.nodes(resources.inputs(resource), place.path)
		node.value != null
		node.value != ""
	]
}

# The document as an object; undefined where it cannot be read before apply.
parsed(value) := json.unmarshal(value) if {
	is_string(value)
	json.is_valid(value)
} else := value if {
	is_object(value)
	not values.marked(value)
}

# Whether all statements can be read: not whether every value in them is known.
readable(value) if {
	document := parsed(value)
	statements_of := values.list(_element(document, "statement"))
	count(statements_of) > 0
	every statement in statements_of {
		is_object(statement)
		not values.marked(statement)
	}
}

statements(value) := [statement |
	document := parsed(value)
	some raw in values.list(_element(document, "statement"))
	is_object(raw)
	not values.marked(raw)
	statement := _statement({lower(name): element | some name, element in raw})
]

_element(object_, name) := [element | some key, element in object_; lower(key) == name][0]

_statement(raw) := {
	"sid": object.get(raw, "sid", ""),
	"effect": _effect(object.get(raw, "effect", "")),
	"actions": [_lowered(item) | some item in values.list(object.get(raw, "action", null))],
	"not_actions": values.list(object.get(raw, "notaction", null)),
	"resources": [values.resolved(item) | some item in values.list(object.get(raw, "resource", null))],
	"not_resources": values.list(object.get(raw, "notresource", null)),
	"principals": _principals(object.get(raw, "principal", null)),
	"not_principals": values.list(object.get(raw, "notprincipal", null)),
	"everyone": _everyone(object.get(raw, "principal", null)),
	"condition": object.get(raw, "condition", {}),
}

# An effect that is not known may be Allow.
default _effect(_) := "Allow"

_effect(value) := "Deny" if {
	is_string(value)
	lower(value) == "deny"
}

_lowered(item) := lower(item) if {
	is_string(item)
	not values.open(item)
} else := values.resolved(item)

_principals(null) := []

_principals(principal) := [{"type": "AWS", "id": principal}] if is_string(principal)

_principals(principal) := [{"type": "AWS", "id": principal}] if values.marked(principal)

_principals(principal) := [{"type": type, "id": values.resolved(id)} |
	some type, ids in principal
	some id in values.list(values.resolved(ids))
] if {
	is_object(principal)
	not values.marked(principal)
}

default _everyone(_) := false

_everyone(principal) if {
	some found in _principals(principal)
	found.type == "AWS"
	found.id == "*"
}

_everyone(principal) if {
	some found in _principals(principal)
	found.type == "*"
}

# Condition values stand alone or in a list of one.
single(value) := value[0] if {
	is_array(value)
	count(value) == 1
} else := value
