# METADATA
# description: |
#   Makes findings, and judges values against a requirement:
#   `{"path": […], "must": …, "values": […], "default": …, "when": […], "say": "what must be so"}`.
#   `must` is one of: be, not (with `values`, in small letters), set, unset, min, max (with `values[0]`), and key:
#   a customer's key, not one that the cloud keeps for the account.
#   `default` is what the cloud does where nothing is given; without it, nothing given fails all but `not` and `unset`.
#   An open value never passes: it is undetermined, but for `set`, which any reference satisfies.
package sluice.graph.verdict

import data.sluice.graph.resources
import data.sluice.graph.values

fail(resource, message, path) := {
	"urn": resource.urn,
	"verdict": "fail",
	"message": message,
	"attribute": values.dotted(path),
}

undetermined(resource, message, path) := {
	"urn": resource.urn,
	"verdict": "undetermined",
	"message": message,
	"attribute": values.dotted(path),
}

# URNs of all resources that a table of requirements by type has something to say on.
examined(table) := {resource.urn |
	some type, _ in table
	some resource in resources.of_type(type)
}

# What a table of requirements by type finds.
findings(table) := {finding |
	some type, requirements in table
	some resource in resources.of_type(type)
	some requirement in requirements
	some finding in on(resource, requirement)
}

# What one requirement finds on one resource.
on(resource, requirement) := {finding |
	inputs := resources.inputs(resource)
	applies := _applies(inputs, object.get(requirement, "when", []))
	applies != "no"
	some node in values.nodes(inputs, requirement.path)
	judged := judge(node.value, requirement)
	judged != "pass"
	verdict := _weakened(judged, applies)
	finding := {
		"urn": resource.urn,
		"verdict": verdict,
		"message": sprintf("%s (%s)", [requirement.say, _said(node, verdict)]),
		"attribute": values.dotted(node.path),
	}
}

judge(value, requirement) := _of_open(value, requirement.must) if values.open(value)

else := _of_literal(_given(value, requirement), requirement)

_given(null, requirement) := object.get(requirement, "default", null)

_given(value, _) := value if value != null

_of_open(value, must) := "undetermined" if {
	values.unknown(value)
} else := _of_named(must)

# What another resource's output (or a secret) is enough to say: that there is something.
_of_named("set") := "pass"

_of_named("key") := "pass"

_of_named("unset") := "fail"

_of_named(must) := "undetermined" if not must in {"set", "key", "unset"}

_of_literal(value, requirement) := "pass" if _holds(plain(value), requirement.must, object.get(requirement, "values", []))

else := "fail"

_holds(value, "be", wanted) if value in wanted

_holds(value, "not", unwanted) if not value in unwanted

_holds(value, "set", _) if not empty(value)

_holds(value, "unset", _) if empty(value)

_holds(value, "key", _) if {
	is_string(value)
	not empty(value)
	not contains(value, "alias/aws/")
}

_holds(value, "min", wanted) if {
	is_number(value)
	value >= wanted[0]
}

_holds(value, "max", wanted) if {
	is_number(value)
	value <= wanted[0]
}

empty(null)

empty("")

empty([])

empty({})

# Letter case and quotes around booleans and numbers make no difference to the clouds.
plain(value) if {
	is_string(value)
	lower(value) == "true"
} else := false if {
	is_string(value)
	lower(value) == "false"
} else := to_number(value) if {
	is_string(value)
	regex.match(`^[0-9]+(\.[0-9]+)?$`, value)
} else := lower(value) if {
	is_string(value)
} else := value

_applies(_, []) := "yes"

_applies(inputs, conditions) := "no" if {
	some condition in conditions
	judge(values.at(inputs, condition.path), condition) == "fail"
} else := "unknown" if {
	some condition in conditions
	judge(values.at(inputs, condition.path), condition) == "undetermined"
} else := "yes" if count(conditions) > 0

_weakened("fail", "yes") := "fail"

_weakened("fail", "unknown") := "undetermined"

_weakened("undetermined", _) := "undetermined"

_said(node, "undetermined") := sprintf("`%s` is not known before apply", [values.dotted(node.path)])

_said(node, "fail") := sprintf("`%s` is not set", [values.dotted(node.path)]) if {
	node.value == null
} else := sprintf("`%s` is %s", [values.dotted(node.path), json.marshal(node.value)]) if {
	values.literal(node.value)
	not is_object(node.value)
	not is_array(node.value)
} else := sprintf("see `%s`", [values.dotted(node.path)])
