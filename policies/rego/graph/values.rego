# METADATA
# description: |
#   Reads the values of a resource graph. A value is plain JSON, or a marked object: `$ref` (another resource's
#   output, with its literal under `value` where that is known), `$unknown`, `$secret`, `$asset`, `$archive`.
#   A text may hold `${urn:…#property}`, `${call:…#property}` and `${secret:…}`.
#   "Open" is what a rule must not take for a literal: it cannot be compared before apply.
package sluice.graph.values

# The value at a path, with the literal of a reference where it is known; null where nothing was given.
# Where something on the way is open, that is the answer: what lies below it is not known either.
at(inputs, path) := resolved(value) if {
	value := object.get(inputs, path, null)
	value != null
} else := null if {
	count(path) == 1
} else := first_open[0] if {
	first_open := [value |
		some length in numbers.range(1, count(path) - 1)
		value := object.get(inputs, array.slice(path, 0, length), null)
		open(value)
	]
	count(first_open) > 0
} else := null

# The literal of a reference where it is known and the program did not change it, else the value itself.
resolved(value) := value["$ref"].value if {
	not object.get(value["$ref"], "altered", false)
} else := value

open(value) if marked(value)

open(value) if text_with_references(value)

# Whether a value as a whole is not a literal.
marked(value) if {
	is_object(value)
	some mark in ["$ref", "$unknown", "$secret"]
	value[mark]
}

text_with_references(value) if {
	is_string(value)
	contains(value, "${")
	regex.match(`\$\{(urn:pulumi:|call:|secret:)`, value)
}

unknown(value) if value["$unknown"]

reference(value) if value["$ref"]

secret(value) if value["$secret"]

# Whether there is something to compare: not null, not open.
literal(value) if {
	value != null
	not open(value)
}

# URNs of the resources that a value comes from, whole or inside a text.
sources(value) := {value["$ref"].urn} if reference(value)

else := {source | some source in object.get(value["$unknown"], "from", [])} if unknown(value)

else := {source.urn | some source in object.get(value["$secret"], "refs", [])} if secret(value)

else := {urn |
	some found in regex.find_all_string_submatch_n(`\$\{(urn:pulumi:[^}#]*)#[^}#]*\}`, value, -1)
	urn := unescaped(found[1])
} if {
	is_string(value)
}

else := set()

# Undoes the escapes that a URN may carry inside a text.
unescaped(text) := replace(replace(replace(replace(text, "%23", "#"), "%7D", "}"), "%22", "\""), "%25", "%") if {
	contains(text, "%")
} else := text

# Every value that a path leads to, with the path that was taken; `*` stands for each element of a list.
# A list that is open is one open value. A single object where a list could stand is its only element.
nodes(inputs, path) := [{"value": at(inputs, path), "path": path}] if not "*" in path

else := found if {
	stars := [index | some index, step in path; step == "*"]
	found := expanded(inputs, path, stars)
}

expanded(inputs, path, stars) := _inside(inputs, path, stars[0]) if count(stars) == 1

else := [leaf |
	count(stars) == 2
	some node in _inside(inputs, array.slice(path, 0, stars[1]), stars[0])
	some leaf in _below(node, array.slice(path, stars[1] + 1, count(path)))
]

_below(node, rest) := [node] if open(node.value)

else := [{"value": _at_element(element.value, rest), "path": array.concat(element.path, rest)} |
	some element in elements(node.value, node.path)
]

_inside(inputs, path, star) := [node] if {
	node := {"value": at(inputs, array.slice(path, 0, star)), "path": array.slice(path, 0, star)}
	open(node.value)
} else := [{"value": value, "path": array.concat(element.path, rest)} |
	before := array.slice(path, 0, star)
	rest := array.slice(path, star + 1, count(path))
	some element in elements(at(inputs, before), before)
	value := _at_element(element.value, rest)
]

_at_element(value, rest) := resolved(value) if count(rest) == 0

else := resolved(value) if open(resolved(value))

else := at(value, rest)

elements(value, path) := [{"value": item, "path": array.concat(path, [index])} | some index, item in value] if is_array(value)

else := [{"value": value, "path": path}] if {
	is_object(value)
	not open(value)
} else := []

# A path as people write it: `ingress[0].cidrBlocks`.
dotted(path) := trim_left(concat("", [part | some step in path; part := _step(step)]), ".")

_step(step) := sprintf("[%d]", [step]) if is_number(step)

else := sprintf(".%s", [step])

# A list out of a list, a single value, or nothing.
list(value) := value if is_array(value)

else := [] if value == null

else := [value]
