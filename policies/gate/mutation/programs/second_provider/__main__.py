"""A copy of the data through a second provider; done wrong, that provider is in another country."""

import pulumi
import pulumi_aws as aws
from copies import Copy

planted = pulumi.Config().require_bool("planted")

here = aws.Provider("here", region="eu-west-1")
there = aws.Provider("there", region="us-east-1" if planted else "eu-central-1")
Copy("copy", pulumi.ResourceOptions(providers=[there if planted else here]))
