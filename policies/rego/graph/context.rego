# METADATA
# description: What the rules know of the environment besides its resources.
package sluice.graph.context

tier := object.get(input, ["context", "tier"], "dev")

stack := object.get(input, ["context", "stack"], "")

prod if tier == "prod"

# Staging rehearses prod: what keeps data safe there holds here.
keeps_data if tier in {"staging", "prod"}
