"""Proof that the policies bite: plants misconfigurations and asks which rule caught each.

| file | what |
|---|---|
| `mutations/<cloud>.yaml` | what is planted, and well-formed resources that it is planted into |
| `programs/` | small Pulumi programs that do right, or wrong when their configuration says so |
| `catalogue` | reads the above |
| `planting` | a mutation on a graph: a new graph |
| `subjects` | captures what is mutated: the prod environments and the programs |
| `trial` | judges every graph with and without its mutation |
| `score` | who caught what, and whether every survivor has its reason in `survivors.yaml` |

A mutation is caught when a rule of its category says something of the planted resource, or names it, that it
does not say without the mutation. So a resource that is bad in other ways too catches nothing, and neither
does a rule that fails on the unmutated graph already.
"""
