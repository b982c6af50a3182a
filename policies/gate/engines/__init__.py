"""The engines of the gate: each takes a resource graph and gives an outcome."""
