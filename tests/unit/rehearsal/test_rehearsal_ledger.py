"""Every resource ends as one thing, and none is called applied that was not."""

from __future__ import annotations

from typing import Any

from policies.gate.graph import CallSite, Resource, ResourceGraph
from policies.gate.projection.root_module import needs
from policies.gate.projection.terraform import project
from policies.rehearsal.dependence import blocked
from policies.rehearsal.drift import Drift
from policies.rehearsal.gaps import Gap, Gaps
from policies.rehearsal.ledger import Ledger
from policies.rehearsal.outcome import Broken, Outcome, Status
from tests.graph_builder import GraphBuilder, ref

GAPS = Gaps(types={"aws_kms_key": Gap(reason="the mock has no keys", measured="x")}, attributes={})


def ledger(graph: ResourceGraph, gaps: Gaps = GAPS) -> Ledger:
    projection = project(graph)
    return Ledger(
        graph, projection, {one.address: needs(one, projection) for one in projection.resources}, gaps
    )


def by_name(found: list[Outcome]) -> dict[str, Outcome]:
    return {one.resource.name: one for one in found}


def chain() -> GraphBuilder:
    """role ← policy; key ← alias; bucket alone; each made at a line of its own."""
    build = GraphBuilder()
    role = build.add("Role", "role", {"name": "r"})
    build.add("RolePolicy", "policy", {"role": ref(role, "name")})
    key = build.add("Key", "key", {})
    build.add("Alias", "alias", {"targetKeyId": ref(key, "keyId")})
    build.add("Bucket", "bucket", {"bucket": "b", "tags": {"Name": "the bucket"}})
    return build


def test_every_resource_of_the_cloud_ends_once_with_its_line() -> None:
    graph = chain().graph()
    book = ledger(graph)
    book.created({"aws_iam_role.role", "aws_iam_role_policy.policy", "aws_s3_bucket.bucket"})
    found = book.outcomes()
    assert [one.resource.urn for one in found] == sorted(graph.resources)
    assert {str(one.source) for one in found} == {f"stacks/aws.py:{line}" for line in range(1, 6)}


def test_what_the_mock_lacks_and_what_needs_it_is_planned_only_with_the_reason() -> None:
    book = ledger(chain().graph())
    book.planned()
    found = by_name(book.outcomes())
    assert (found["key"].status, found["key"].reason) == (Status.PLANNED_ONLY, "the mock has no keys")
    assert found["alias"].status is Status.PLANNED_ONLY
    assert "aws_kms_key.key" in found["alias"].reason


def test_what_needs_a_failure_is_said_not_to_be_attempted_and_because_of_what() -> None:
    graph = chain().graph()
    book = ledger(graph)
    book.fail("aws_iam_role.role", "apply", ["no"])
    found = by_name(book.outcomes())
    assert found["role"].reason == "apply: no"
    assert found["policy"].status is Status.FAILED
    assert found["policy"].reason == "not attempted: aws_iam_role.role failed (stacks/aws.py:1)"
    assert found["policy"].because_of == found["role"].resource.urn


def test_a_resource_that_was_created_and_failed_later_has_failed() -> None:
    book = ledger(chain().graph())
    book.created({"aws_s3_bucket.bucket"})
    book.fail("aws_s3_bucket.bucket", "destroy", ["not empty"])
    assert by_name(book.outcomes())["bucket"].status is Status.FAILED


def test_what_several_stages_say_is_said_once_with_the_first() -> None:
    book = ledger(chain().graph())
    book.fail("aws_s3_bucket.bucket", "apply", ["in use", "no name"])
    book.fail("aws_s3_bucket.bucket", "second plan", ["in use", "not there"])
    reason = by_name(book.outcomes())["bucket"].reason
    assert reason == "apply: in use; apply: no name; second plan: not there"


def test_what_nothing_is_known_of_is_not_called_applied() -> None:
    found = by_name(ledger(chain().graph()).outcomes())
    assert found["bucket"].status is Status.FAILED
    assert "not attempted" in found["bucket"].reason


def test_what_has_no_plan_is_not_called_planned() -> None:
    found = by_name(ledger(chain().graph()).outcomes())
    assert {found[name].status for name in ("key", "alias")} == {Status.FAILED}


def test_what_was_not_looked_at_again_says_so() -> None:
    book = ledger(chain().graph())
    book.created({"aws_s3_bucket.bucket", "aws_iam_role.role"})
    book.looked_at({"aws_iam_role.role"})
    found = by_name(book.outcomes())
    assert found["bucket"].reason == "not compared: there is no second plan of it"
    assert found["role"].reason == ""


def test_nothing_that_needs_what_cannot_be_there_is_applied() -> None:
    book = ledger(chain().graph())
    book.fail("aws_iam_role.role", "plan", ["x"])
    assert book.not_to_apply() == {
        "aws_iam_role.role",
        "aws_iam_role_policy.policy",
        "aws_kms_key.key",
        "aws_kms_alias.alias",
    }


def test_a_wait_without_a_reference_is_a_need_too() -> None:
    build = GraphBuilder()
    first = build.add("Bucket", "first", {})
    build.add("Bucket", "second", {}, dependencies=(first.urn,))
    book = ledger(build.graph())
    book.fail("aws_s3_bucket.first", "plan", ["x"])
    assert by_name(book.outcomes())["second"].because_of == first.urn


def test_a_broken_assertion_is_booked_to_the_setting_it_is_about() -> None:
    build = chain()
    build.add(
        "aws:s3/bucketVersioning:BucketVersioning",
        "versions",
        {"bucket": {"$ref": {"urn": "x", "property": "bucket", "value": "b"}}},
    )
    book = ledger(build.graph())
    assert book.broke(Broken("aws_s3_bucket_versioning", "b", "is off"))
    assert book.failed == {"aws_s3_bucket_versioning.versions"}
    assert book.broke(Broken("aws_s3_bucket", "the bucket", "has no tags"))
    assert not book.broke(Broken("aws_s3_bucket", "another", "is not there"))


def test_a_vague_drift_follows_what_it_needs_and_is_a_finding_where_nothing_else_changes() -> None:
    both = [
        Drift("aws_iam_role.role", (), ("name (the mock forgets it)",)),
        Drift("aws_iam_role_policy.policy", ("would update it again",), (), vague=True),
    ]
    book = ledger(chain().graph())
    book.created({"aws_iam_role.role", "aws_iam_role_policy.policy"})
    book.drifted(both)
    found = by_name(book.outcomes())
    assert found["role"].status is found["policy"].status is Status.APPLIED
    assert found["policy"].reason == "not compared: follows aws_iam_role.role"
    alone = ledger(chain().graph())
    alone.drifted(both[1:])
    assert alone.failed == {"aws_iam_role_policy.policy"}


def test_what_the_provider_cannot_be_shown_is_left_out_with_the_reason_and_listed() -> None:
    build = GraphBuilder()
    build.add("aws:s3/vectorsVectorBucket:VectorsVectorBucket", "vectors", {})
    build.add("GcpNetwork", "network", {})
    build.add("random:index/randomPassword:RandomPassword", "password", {})
    build.add("Group", "group", {"colour": "red"})
    build.add("Bucket", "bucket", {"bucketNamespace": "x", "region": "eu-west-1"})
    book = ledger(build.graph())
    found = by_name(book.outcomes())
    assert {name for name, one in found.items() if one.status is Status.LEFT_OUT} == {
        "vectors",
        "network",
        "password",
    }
    assert found["vectors"].reason == "only the newer provider has this type"
    assert "gcp" in found["network"].reason
    assert "random" in found["password"].reason
    assert {(one.resource.name, one.attribute) for one in book.dropped()} == {
        ("bucket", "bucket_namespace"),
        ("group", "colour"),
    }


def test_the_nearest_stopped_one_is_the_reason_and_circles_end() -> None:
    edges: dict[str, Any] = {"b": {"a"}, "c": {"b"}, "d": {"c", "e"}, "e": {"d"}, "f": set()}
    assert blocked(edges, {"a"}) == {"b": "a", "c": "a", "d": "a", "e": "a"}
    assert blocked(edges, {"a", "c"})["d"] == "c"


def test_components_and_providers_end_as_nothing() -> None:
    one = Resource("urn:pulumi:d::p::x:y:Z::x", "x:y:Z", "x", kind="component", sites=(CallSite("a", 1),))
    assert ledger(ResourceGraph("p", "d", resources={one.urn: one})).outcomes() == []
