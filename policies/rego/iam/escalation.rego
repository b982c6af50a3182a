# METADATA
# title: No policy lets its holder become an administrator
# description: >-
#   Some permissions are worth all others: who may write policies, credentials or trust, or pass any role to a
#   service that runs code, gives himself whatever he lacks. One policy is looked at here; what several policies of
#   one role add up to is a graph rule.
# custom:
#   severity: critical
#   category: iam
#   fix: >-
#     Leave identity management to the pipeline that runs Pulumi. Name the role in iam:PassRole, with
#     iam:PassedToService.
#   frameworks: [CIS AWS 3.0 1.16, NIST 800-53 AC-6(5), MITRE ATT&CK T1098]
#   mandatory: true
package sluice.iam.escalation

import data.sluice.graph.grants
import data.sluice.graph.values
import data.sluice.graph.verdict

# Enough by themselves, unless on named resources: then the holder can raise those, and it is still reported.
_alone := {
	"iam:addusertogroup",
	"iam:attachgrouppolicy",
	"iam:attachrolepolicy",
	"iam:attachuserpolicy",
	"iam:createaccesskey",
	"iam:createloginprofile",
	"iam:createpolicyversion",
	"iam:deleterolepermissionsboundary",
	"iam:deleteuserpermissionsboundary",
	"iam:putgrouppolicy",
	"iam:putrolepermissionsboundary",
	"iam:putrolepolicy",
	"iam:putuserpermissionsboundary",
	"iam:putuserpolicy",
	"iam:setdefaultpolicyversion",
	"iam:updateassumerolepolicy",
	"iam:updateloginprofile",
	"sso:attachmanagedpolicytopermissionset",
	"sso:putinlinepolicytopermissionset",
}

# Of these AWS looks at the boundary of the role or user that they are about: within a named one, they give nothing
# that the boundary does not hold. Who can change the boundary's own document is asked of its policy.
_boundable := {
	"iam:attachrolepolicy",
	"iam:attachuserpolicy",
	"iam:putrolepermissionsboundary",
	"iam:putrolepolicy",
	"iam:putuserpermissionsboundary",
	"iam:putuserpolicy",
}

# Of use to an attacker only on all resources.
_wide := {"iam:passrole", "sts:assumerole", "lambda:updatefunctioncode", "ssm:sendcommand", "ssm:startsession"}

# Run code with a role that is passed to them.
_runs_code := {
	"airflow:createenvironment",
	"cloudformation:createstack",
	"codebuild:createproject",
	"codebuild:startbuild",
	"datapipeline:createpipeline",
	"ec2:runinstances",
	"ecs:registertaskdefinition",
	"ecs:runtask",
	"elasticmapreduce:runjobflow",
	"emr-serverless:startjobrun",
	"glue:createdevendpoint",
	"glue:createjob",
	"glue:updatejob",
	"lambda:createfunction",
	"sagemaker:createnotebookinstance",
	"sagemaker:createprocessingjob",
	"sagemaker:createtrainingjob",
	"states:createstatemachine",
}

examined := grants.examined

findings contains verdict.fail(grant.resource, sprintf("%s lets the holder raise his own permissions", [action]), grant.path) if {
	some grant in grants.allowing
	some action in _alone
	_allowed(grant.statement, action)
	not _within_boundary(grant.statement, action)
}

findings contains verdict.fail(grant.resource, sprintf("%s is allowed on any resource", [action]), grant.path) if {
	some grant in grants.allowing
	some action in _wide
	_allowed(grant.statement, action)
	_on_all(grant.statement)
	not grants.narrowed(grant.statement)
}

# A role that a condition names a service for can still be passed to that service by who may run code there.
findings contains verdict.fail(grant.resource, sprintf("any role can be passed, and %s runs code with it", [runner]), grant.path) if {
	some grant in grants.allowing
	_allowed(grant.statement, "iam:passrole")
	_on_all(grant.statement)
	some other in grants.allowing
	other.resource.urn == grant.resource.urn
	some runner in _runs_code
	_allowed(other.statement, runner)
}

findings contains verdict.undetermined(grant.resource, "an allowed action is not known before apply", grant.path) if {
	some grant in grants.allowing
	some action in grant.statement.actions
	grants.open_action(action)
}

findings contains verdict.undetermined(grant.resource, "which roles may be passed is not known before apply", grant.path) if {
	some grant in grants.allowing
	_allowed(grant.statement, "iam:passrole")
	some name in grant.statement.resources
	grants.open_resource(name)
}

findings contains verdict.undetermined(document.resource, "the policy is not known before apply", document.path) if {
	some document in grants.unreadable
}

_within_boundary(statement, action) if {
	action in _boundable
	is_object(statement.condition)
	some operator, conditions in statement.condition
	lower(operator) in {"stringequals", "arnequals"}
	some key, value in conditions
	lower(key) == "iam:permissionsboundary"
	every name in values.list(value) {
		_named_policy(name)
	}
}

_named_policy(name) if values.reference(name)

_named_policy(name) if {
	is_string(name)
	regex.match(`^(arn:aws[a-z-]*:iam::[0-9]{12}:policy/[^*?]+|\$\{urn:pulumi:[^}]*#arn\})$`, name)
}

_allowed(statement, action) if {
	some pattern in statement.actions
	grants.allows(pattern, action)
}

_on_all(statement) if {
	some name in statement.resources
	_any_role(name)
}

_any_role(name) if grants.wide_resource(name)

_any_role(name) if {
	is_string(name)
	regex.match(`:(role|user|function|instance|managed-instance)[/:]\*+$`, name)
}
