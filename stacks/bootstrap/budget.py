"""The alarm of the environment's budget. It is for the whole account, which the environment has to itself."""

from __future__ import annotations

from environments.model import Environment
from environments.naming import tags
from environments.vocabulary import ManagedBy
from stacks.bootstrap.cdk import Program
from stacks.bootstrap.documents import allow, document, to
from stacks.bootstrap.keys import Keys
from stacks.bootstrap.names import Names


def make(program: Program, environment: Environment, keys: Keys) -> None:
    """A topic, and a monthly budget that tells it and the people named in the environment."""
    names, labels = Names(environment), tags(environment, managed_by=ManagedBy.TERRAFORM)
    topic = program.make(
        "aws_sns_topic",
        "budget",
        name=names.topic,
        display_name=f"Budget of {environment.name}",
        kms_master_key_id=keys.here.output("arn"),
        tags=labels,
    )
    arn = f"arn:aws:sns:{environment.region}:{environment.account}:{names.topic}"
    budgets = {
        "StringEquals": {"aws:SourceAccount": environment.account},
        "ArnLike": {"aws:SourceArn": f"arn:aws:budgets::{environment.account}:budget/*"},
    }
    program.make(
        "aws_sns_topic_policy",
        "budget",
        arn=topic.output("arn"),
        policy=document(
            to({"Service": "budgets.amazonaws.com"}, allow("Budgets", ["sns:Publish"], [arn], budgets))
        ),
    )
    told = {
        "subscriber_email_addresses": list(environment.budget.emails),
        "subscriber_sns_topic_arns": [topic.output("arn")],
    }
    alerts = [("ACTUAL", percent) for percent in environment.budget.alert_at_percent]
    program.make(
        "aws_budgets_budget",
        "monthly",
        name=names.topic,
        budget_type="COST",
        time_unit="MONTHLY",
        # AWS bills and budgets in dollars. The same number in dollars is a little less (a euro has been worth
        # more than 0.95 of one since 2003), so the alarm is early rather than late, and no rate goes stale.
        limit_unit="USD",
        limit_amount=str(environment.budget.monthly_eur),
        notification=[
            {
                "comparison_operator": "GREATER_THAN",
                "notification_type": kind,
                "threshold": percent,
                "threshold_type": "PERCENTAGE",
                **told,
            }
            # The forecast tells while there is still something to be done.
            for kind, percent in [*alerts, ("FORECASTED", 100)]
        ],
        tags=labels,
        depends_on=["aws_sns_topic_policy.budget"],
    )
