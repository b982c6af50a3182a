"""Buckets that a component of another module makes; done wrong, one of them is left open to the public."""

import pulumi
from lake import Lake

planted = pulumi.Config().require_bool("planted")
Lake("lake", zones=["bronze", "silver", "gold"], open_zones={"silver"} if planted else set())
