"""A machine's start script; done wrong, a token of the configuration is in it, encoded."""

import base64

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
planted = config.require_bool("planted")
token = config.get_secret("token") or pulumi.Output.secret("glpat-Zk3vQ8xTn1LwYb7RcJ5s")


def script(found: str) -> str:
    """What the machine runs when it starts."""
    text = f"#!/bin/sh\nregister --token {found if planted else '$(fetch-token)'}\n"
    return base64.b64encode(text.encode()).decode()


machine = aws.ec2.Instance(
    "runner",
    ami="ami-0123456789abcdef0",
    instance_type="m6i.large",
    user_data_base64=pulumi.Output.unsecret(token).apply(script),
)
