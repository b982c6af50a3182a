"""Rules that no rule on one resource can see: they look at the whole graph at once.

| file | asks |
|---|---|
| `*_reachability` | what can be reached from the internet, and by which way |
| `*_permissions`, `aws_trust`, `federations` | what an identity may do over all its documents, and who may become it |
| `cross_environment` | does an input name another environment's resources |
| `unused` | what belongs to nothing |
| `program` | names that a cloud refuses, and what the capture could not see |

All speak of a fault with three-valued certainty (`certainty`): what is not known before apply is
undetermined, never a pass.
"""

from __future__ import annotations

from collections.abc import Mapping

from environments.model import Environment
from policies.gate.context import Context
from policies.gate.engines.graph_rules import (
    aws_permissions,
    aws_reachability,
    aws_trust,
    azure_permissions,
    azure_reachability,
    cross_environment,
    exposure,
    federations,
    gcp_permissions,
    gcp_reachability,
    program,
    unused,
)
from policies.gate.engines.graph_rules.ledger import Ledger
from policies.gate.engines.graph_rules.links import Links
from policies.gate.graph import ResourceGraph
from policies.gate.verdicts import Outcome, Rule

RULES: tuple[Rule, ...] = (
    *exposure.RULES,
    *aws_permissions.RULES,
    *aws_trust.RULES,
    *federations.RULES,
    *cross_environment.RULES,
    *unused.RULES,
    *program.RULES,
)


def check(
    graph: ResourceGraph,
    environment: str,
    environments: Mapping[str, Environment] | None = None,
    context: Context | None = None,
    *,
    own: str = "",
) -> Outcome:
    """Runs all graph rules on one graph.

    Args:
        graph: What the program would create.
        environment: The name that findings carry.
        environments: Every environment by name (`environments.load.load_all`). Without them, nothing is
            said of references to other environments.
        context: What is known of this one; without it, rules that need more than resources say less.
        own: The environment that the program belongs to, where the name that findings carry is another.
    """
    known = context or Context()
    ledger, links = Ledger(graph, environment), Links(graph)
    aws_reachability.check(ledger, links)
    gcp_reachability.check(ledger, links)
    azure_reachability.check(ledger, links)
    aws_permissions.check(ledger, links)
    belongs_to = own or environment
    aws_trust.check(ledger, {*known.accounts})
    if known.trusted_federations is not None:
        federations.check(ledger, links, known.trusted_federations)
    gcp_permissions.check(ledger, links)
    azure_permissions.check(ledger, links)
    unused.check(ledger, links)
    program.check(ledger)
    if environments is not None:
        cross_environment.check(ledger, belongs_to, environments)
    return ledger.outcome
