"""Planted faults on resources whose provider is Python, which the engine can really make here."""

import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Made(ResourceProvider):
    def create(self, props):
        return CreateResult("made", {**props, "address": "10.0.0.1"})


class Thing(Resource):
    address: pulumi.Output[str]

    def __init__(self, name, props, opts=None):
        super().__init__(Made(), name, {"address": None, **props}, opts)


first = Thing("first", {"label": "open"})
Thing("clear", {"password": "correct-horse-battery"})
Thing("hidden", {"password": pulumi.Output.secret("correct-horse-battery")})
Thing("later", {"password": first.address, "list": [first.address, "x"]})
