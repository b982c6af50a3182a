"""Real programs of the three clouds, captured in one batch: what the graph says of them."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from environments.problems import Refusal
from policies.gate.capture import Program, capture_many
from policies.gate.graph import Call, CallSite, Resource, ResourceGraph
from policies.gate.values import SECRET, Reference, is_ref, is_unknown, references

PROGRAMS = Path(__file__).resolve().parents[2] / "fixtures" / "programs"
NAMES = ("platform_aws", "gcp_storage", "azure_storage", "secrets", "transforms", "dynamic_resources")


def program(name: str) -> Program:
    return Program(PROGRAMS / name, "dev", root=PROGRAMS)


@pytest.fixture(scope="module")
def graphs() -> dict[str, ResourceGraph]:
    captured = capture_many([program(name) for name in NAMES])
    for name, graph in zip(NAMES, captured, strict=True):
        if isinstance(graph, Refusal):
            raise AssertionError(f"{name}: {graph}")
    return dict(zip(NAMES, captured, strict=True))  # type: ignore[arg-type]


def named(graph: ResourceGraph, name: str) -> Resource:
    (found,) = [resource for resource in graph.resources.values() if resource.name == name]
    return found


def line_of(name: str, text: str, file: str = "__main__.py") -> int:
    lines = (PROGRAMS / name / file).read_text().splitlines()
    (number,) = [number for number, line in enumerate(lines, 1) if text in line]
    return number


class TestAws:
    @pytest.fixture
    def graph(self, graphs: dict[str, ResourceGraph]) -> ResourceGraph:
        return graphs["platform_aws"]

    def test_a_urn_is_the_engine_s(self, graph: ResourceGraph) -> None:
        assert "urn:pulumi:dev::platform::platform:network:Network$aws:ec2/vpc:Vpc::main" in graph.resources
        assert "urn:pulumi:dev::platform::aws:s3/bucket:Bucket::zone-0" in graph.resources

    def test_the_call_site_is_in_the_component_and_the_stack_leads_to_the_program(
        self, graph: ResourceGraph
    ) -> None:
        subnet = named(graph, "main-a")
        assert subnet.source == CallSite(
            "platform_aws/network.py",
            line_of("platform_aws", "aws.ec2.Subnet(", "network.py"),
            "Network.__init__.<locals>.<listcomp>",
        )
        outer = line_of("platform_aws", "net = Network(")
        assert subnet.sites[-1] == CallSite("platform_aws/__main__.py", outer, "<module>")

    def test_a_resource_in_a_loop_points_at_its_line(self, graph: ResourceGraph) -> None:
        line = line_of("platform_aws", 'f"zone-{index}"') - 1
        assert {named(graph, f"zone-{index}").sites for index in (0, 1)} == {
            (CallSite("platform_aws/__main__.py", line, "<module>"),)
        }

    def test_parents_and_what_they_hand_down(self, graph: ResourceGraph) -> None:
        vpc, component = named(graph, "main-a"), graph.of_type("platform:network:Network")[0]
        assert vpc.parent == component.urn
        assert [item.urn for item in graph.ancestors(vpc.urn)] == [component.urn]
        assert (component.kind, vpc.protect, named(graph, "zone-0").protect) == ("component", True, None)
        assert is_ref(component.outputs["vpc_id"])

    def test_every_option_of_a_resource(self, graph: ResourceGraph) -> None:
        copy = named(graph, "copy")
        prefix = "urn:pulumi:dev::platform::"
        assert copy.provider == f"{prefix}pulumi:providers:aws::frankfurt"
        assert f"{prefix}aws:s3/bucket:Bucket::old-copy" in copy.aliases
        assert (copy.ignore_changes, copy.replace_on_changes) == (("tags",), ("bucket",))
        assert (copy.retain_on_delete, copy.delete_before_replace) == (True, True)
        assert copy.deleted_with == f"{prefix}aws:s3/bucket:Bucket::zone-0"
        assert f"{prefix}aws:s3/bucket:Bucket::zone-1" in copy.dependencies

    def test_regions_of_two_providers_and_of_one_resource(self, graph: ResourceGraph) -> None:
        assert named(graph, "zone-0").region == "eu-west-1"
        assert named(graph, "copy").region == "eu-central-1"
        assert named(graph, "elsewhere").region == "us-east-1"

    def test_default_tags_of_each_provider(self, graph: ResourceGraph) -> None:
        default, frankfurt = (graph.provider_of(named(graph, name)) for name in ("zone-0", "copy"))
        assert default and frankfurt
        assert default.default_tags == {"managed-by": "pulumi"}
        assert frankfurt.default_tags == {"owner": "data"}

    def test_configuration_is_of_the_stack_s_folder_and_the_project_s_defaults(
        self, graph: ResourceGraph
    ) -> None:
        bucket = named(graph, "zone-1")
        assert bucket.inputs["tags"] == {"label": "from-the-stack-file"}
        assert bucket.physical_name == "platform-zone-1"

    def test_a_document_built_in_apply_stays_json_with_the_reference_in_it(
        self, graph: ResourceGraph
    ) -> None:
        reads, bucket = named(graph, "reads"), named(graph, "zone-0")
        (statement,) = json.loads(reads.inputs["policy"])["Statement"]
        assert statement["Resource"] == f"{Reference(bucket.urn, 'arn').in_text()}/*"
        assert statement["Action"] == "s3:GetObject"
        assert list(references(reads.inputs["policy"])) == [Reference(bucket.urn, "arn")]
        assert reads.property_dependencies["policy"] == (bucket.urn,)

    def test_a_resource_given_whole_is_a_reference_to_it(self, graph: ResourceGraph) -> None:
        assert list(references(named(graph, "reads").inputs["role"])) == [
            Reference(named(graph, "reader").urn, "id")
        ]

    def test_an_output_that_equals_an_input_keeps_both(self, graph: ResourceGraph) -> None:
        given = named(graph, "named").inputs["bucket"]
        bucket = named(graph, "zone-1")
        assert given == {"$ref": {"urn": bucket.urn, "property": "bucket", "value": "platform-zone-1"}}

    def test_a_policy_document_is_computed(self, graph: ResourceGraph) -> None:
        document = json.loads(named(graph, "reader").inputs["assumeRolePolicy"])
        assert document == {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"Service": "ec2.amazonaws.com"},
                }
            ],
        }

    def test_a_resource_that_is_read_says_its_id(self, graph: ResourceGraph) -> None:
        existing = named(graph, "existing")
        assert (existing.kind, existing.read_id, existing.managed) == ("read", "sg-0123456789abcdef0", False)
        assert list(references(named(graph, "machine").inputs["vpcSecurityGroupIds"])) == [
            Reference(existing.urn, "id")
        ]

    def test_what_only_the_cloud_knows_refers_to_the_call(self, graph: ResourceGraph) -> None:
        machine = named(graph, "machine")
        (image,) = references(machine.inputs["ami"])
        assert image.urn.startswith("call:aws:ec2/getAmi:getAmi") and image.property == "id"
        account = Reference("call:aws:index/getCallerIdentity:getCallerIdentity", "accountId")
        assert machine.inputs["userData"].startswith(f"account={account.in_text()} zone=")
        calls: list[Call] = [call for call in graph.calls if call.token == "aws:ec2/getAmi:getAmi"]
        assert [call.args for call in calls] == [{"mostRecent": True, "owners": ["amazon"]}]
        assert calls[0].sites[0].line == line_of("platform_aws", "aws.ec2.get_ami(")

    def test_an_encoded_text_is_read_as_what_it_says(self, graph: ResourceGraph) -> None:
        (vpc,) = graph.of_type("aws:ec2/vpc:Vpc")
        arn = Reference(vpc.urn, "arn").in_text()
        assert named(graph, "machine").inputs["userDataBase64"] == {"$base64": f"#!/bin/sh\necho {arn}\n"}

    def test_a_number_in_a_text_is_a_reference_too(self, graph: ResourceGraph) -> None:
        database = named(graph, "database").urn
        expected = [Reference(database, "address"), Reference(database, "port")]
        assert list(references(named(graph, "address").inputs["description"])) == expected

    def test_a_bool_of_the_cloud_is_unknown_and_says_from_where(self, graph: ResourceGraph) -> None:
        second, unknown = named(graph, "second"), {"$unknown": {"from": [named(graph, "database").urn]}}
        assert (second.inputs["multiAz"], second.inputs["applyImmediately"]) == (unknown, unknown)

    def test_a_changed_output_is_still_found(self, graph: ResourceGraph) -> None:
        table = named(graph, "upper").inputs["routeTableId"]
        assert list(references(table)) == [Reference(named(graph, "reader").urn, "name")]

    def test_stack_outputs(self, graph: ResourceGraph) -> None:
        arn = Reference(named(graph, "copy").urn, "arn")
        assert graph.outputs["document"]["copies"][1] == f"{arn.in_text()}/raw"
        (vpc,) = graph.of_type("aws:ec2/vpc:Vpc")
        assert list(references(graph.outputs["network"])) == [Reference(vpc.urn, "id")]


class TestOtherClouds:
    def test_computed_parts_of_a_given_object_gcp(self, graphs: dict[str, ResourceGraph]) -> None:
        graph = graphs["gcp_storage"]
        machine, account = named(graph, "machine"), named(graph, "loader")
        address = Reference(machine.urn, "networkInterfaces[0].accessConfigs[0].natIp")
        assert list(references(graph.outputs["address"])) == [address]
        assert "natIp" not in json.dumps(machine.inputs)
        member = named(graph, "loads").inputs["member"]
        assert member == f"serviceAccount:{Reference(account.urn, 'email').in_text()}"
        assert graph.outputs["project"] == "acme-data"
        assert machine.region == "europe-west1"

    def test_output_objects_and_functions_azure(self, graphs: dict[str, ResourceGraph]) -> None:
        graph = graphs["azure_storage"]
        account = named(graph, "raw")
        assert account.physical_name == "acmeraw" and account.region == "westeurope"
        assert account.inputs["kind"] == "StorageV2" and account.inputs["enableHttpsTrafficOnly"] is True
        assert list(references(graph.outputs["blob"])) == [Reference(account.urn, "primaryEndpoints.blob")]
        assert graph.outputs["key"][SECRET]["origin"] == "output"


class TestSecrets:
    @pytest.fixture
    def graph(self, graphs: dict[str, ResourceGraph]) -> ResourceGraph:
        return graphs["secrets"]

    def test_no_secret_is_in_the_bytes(self, graph: ResourceGraph) -> None:
        data = graph.to_bytes()
        assert b"correct-horse-battery" not in data
        assert base64.b64encode(b"correct-horse-battery") not in data
        assert b"sluicekey" not in data and b"sluiceref" not in data

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("marked", {"origin": "config", "key": "secrets:password"}),
            ("literal", {"origin": "literal"}),
            ("nested", {"origin": "config", "key": "secrets:account.password"}),
            ("number", {"origin": "config", "key": "secrets:port"}),
            ("again", {"origin": "config", "key": "secrets:password"}),
        ],
    )
    def test_where_a_secret_comes_from(
        self, graph: ResourceGraph, name: str, expected: dict[str, str]
    ) -> None:
        assert named(graph, name).inputs["value"] == {SECRET: expected}

    def test_a_secret_from_an_output_names_it(self, graph: ResourceGraph) -> None:
        value = named(graph, "derived").inputs["value"]
        assert value[SECRET]["origin"] == "output"
        assert list(references(value)) == [Reference(named(graph, "db").urn, "address")]

    def test_a_secret_that_is_used_in_clear_says_so(self, graph: ResourceGraph) -> None:
        unmarked = named(graph, "unmarked").inputs["name"]
        assert unmarked == {SECRET: {"origin": "config", "key": "secrets:token", "in_clear": True}}
        assert named(graph, "url").inputs["description"] == "https://user:${secret:secrets:token}@example.org"
        assert graph.outputs["token"] == {SECRET: {"origin": "literal", "in_clear": True}}
        assert named(graph, "of-${secret:literal}").urn.endswith("::of-${secret:literal}")
        assert named(graph, "leaked").inputs["description"] == "it is ${secret:literal}"


class TestTransforms:
    def test_all_of_them_ran_in_the_engine_s_order(self, graphs: dict[str, ResourceGraph]) -> None:
        graph = graphs["transforms"]
        first, inner = named(graph, "first"), named(graph, "store-bucket")
        assert (first.inputs["tags"], first.protect) == ({"stack": "yes"}, True)
        assert (inner.inputs["tags"], inner.protect) == ({"component": "yes", "stack": "yes"}, None)
        assert first.retain_on_delete and inner.retain_on_delete
        assert list(references(named(graph, "after").inputs["bucket"])) == [Reference(first.urn, "id")]
        assert graph.outputs["region"] == "eu-north-1"

    def test_each_run_is_noted_with_the_transform_s_line(self, graphs: dict[str, ResourceGraph]) -> None:
        graph = graphs["transforms"]
        lines = {
            site.line
            for item in graph.diagnostics
            if item.urn == named(graph, "first").urn
            for site in item.sites
        }
        assert lines == {line_of("transforms", "def tagged("), line_of("transforms", "def protected(")}


class TestDynamic:
    def test_a_dynamic_resource_and_its_outputs(self, graphs: dict[str, ResourceGraph]) -> None:
        graph = graphs["dynamic_resources"]
        first, second = named(graph, "first"), named(graph, "second")
        assert first.kind == "dynamic"
        assert first.inputs == {"zone": "a", "count": 3, "part": 0.5}
        assert second.inputs["zone"]["$ref"] == {"urn": first.urn, "property": "address", "altered": True}
        assert list(references(second.inputs["count"])) == [Reference(first.urn, "size")]
        assert list(references(named(graph, "holder").inputs["thing"])) == [Reference(first.urn, "id")]

    def test_one_urn_twice_is_told_with_both_lines(self, graphs: dict[str, ResourceGraph]) -> None:
        (found,) = [item for item in graphs["dynamic_resources"].diagnostics if item.kind == "duplicate-urn"]
        lines = [line_of("dynamic_resources", f'{{"zone": "{zone}"}})') for zone in "ab"]
        assert [site.line for site in found.sites] == lines
        assert all(f":{line}" in found.message for line in lines)


def test_the_same_program_gives_the_same_bytes_warm_and_cold(graphs: dict[str, ResourceGraph]) -> None:
    again = capture_many([program("secrets"), program("dynamic_resources")], warm=False)
    for name, graph in zip(("secrets", "dynamic_resources"), again, strict=True):
        assert isinstance(graph, ResourceGraph)
        assert graph.to_bytes() == graphs[name].to_bytes()


def test_a_graph_survives_its_bytes(graphs: dict[str, ResourceGraph]) -> None:
    for graph in graphs.values():
        assert ResourceGraph.from_bytes(graph.to_bytes()) == graph


def test_another_stack_s_outputs_come_from_its_graph_or_a_fixture(graphs: dict[str, ResourceGraph]) -> None:
    folder = PROGRAMS / "stack_reference"
    platform = graphs["platform_aws"]
    without, graph = capture_many(
        [
            Program(folder, "dev", root=PROGRAMS),
            Program(
                folder,
                "dev",
                root=PROGRAMS,
                fixtures=folder / "recorded",
                stacks={"organization/platform/dev": platform},
            ),
        ]
    )
    assert isinstance(without, Refusal) and isinstance(graph, ResourceGraph)
    assert [(problem.where.line, problem.what) for problem in without.problems if problem.where] == [
        (
            line_of("stack_reference", '"organization/platform/dev"'),
            "the outputs of the stack organization/platform/dev are not known here",
        ),
        (
            line_of("stack_reference", '"acme/network/dev"'),
            "the outputs of the stack acme/network/dev are not known here",
        ),
    ]
    (vpc,) = [item for item in platform.resources.values() if item.type == "aws:ec2/vpc:Vpc"]
    assert list(references(named(graph, "own").inputs["vpcId"])) == [Reference(vpc.urn, "id")]
    assert named(graph, "default").inputs["vpcId"] == "vpc-recorded"
    assert named(graph, "recorded").inputs["vpcId"] == "vpc-1"
    assert SECRET in named(graph, "token").inputs["value"]
    assert b"recorded-token" not in graph.to_bytes()
    assert not any(is_unknown(value) for item in graph.resources.values() for value in item.inputs.values())
