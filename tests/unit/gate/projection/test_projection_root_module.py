"""A root module says what the program says: order, protection, files, what is unknown; and can leave things out."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from environments.problems import Refusal
from policies.gate.graph import Call, Provider, Resource, ResourceGraph
from policies.gate.projection.module_files import write_files
from policies.gate.projection.root_module import RootModule, terraform_json
from policies.gate.projection.terraform import project

BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
FUNCTION = "aws:lambda/function:Function"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
POLICY = "aws:iam/policy:Policy"
SECRET = "aws:secretsmanager/secret:Secret"
KEY = "aws:kms/key:Key"


def module_of(graph: ResourceGraph, **how: Any) -> RootModule:
    return terraform_json(project(graph), **how)


def body(module: RootModule, address: str) -> dict[str, Any]:
    kind, name = address.split(".")
    found: dict[str, Any] = module.content["resource"][kind][name]
    return found


def with_options(graph: ResourceGraph, urn: str, **options: Any) -> ResourceGraph:
    changed = replace(graph.resources[urn], **options)
    return replace(graph, resources={**graph.resources, urn: changed})


def test_a_wait_is_written_and_a_reference_is_wait_enough(graph: Any, ref: Any, urn: Any) -> None:
    given = graph((BUCKET, "a", {}), (BUCKET, "b", {}), (BLOCK, "x", {"bucket": ref(BUCKET, "a", "id")}))
    given = with_options(given, urn(BLOCK, "x"), dependencies=(urn(BUCKET, "a"), urn(BUCKET, "b")))
    assert body(module_of(given), "aws_s3_bucket_public_access_block.x")["depends_on"] == ["aws_s3_bucket.b"]


def test_protection_and_ignored_changes_are_terraforms_life_cycle(graph: Any, urn: Any) -> None:
    given = graph((BUCKET, "a", {}))
    given = with_options(given, urn(BUCKET, "a"), protect=True, ignore_changes=("forceDestroy", "tags.x"))
    written = body(module_of(given), "aws_s3_bucket.a")["lifecycle"]
    assert written == [{"prevent_destroy": True, "ignore_changes": ["force_destroy"]}]
    without = body(module_of(given, protect=False), "aws_s3_bucket.a")["lifecycle"]
    assert without == [{"ignore_changes": ["force_destroy"]}]


def test_a_reference_to_what_is_left_out_is_unknown_and_not_waited_for(
    graph: Any, ref: Any, urn: Any
) -> None:
    given = graph((BUCKET, "a", {}), (BLOCK, "x", {"bucket": ref(BUCKET, "a", "id")}), (BUCKET, "y", {}))
    given = with_options(given, urn(BUCKET, "y"), dependencies=(urn(BUCKET, "a"),))
    module = module_of(given, absent={"aws_s3_bucket.a"}, stand_ins=True)
    assert "a" not in module.content["resource"]["aws_s3_bucket"]
    unknown = body(module, "aws_s3_bucket_public_access_block.x")["bucket"]
    assert unknown == "${jsondecode(terraform_data.absent.id)}"
    assert module.content["resource"]["terraform_data"] == {"absent": {}}
    assert "depends_on" not in body(module, "aws_s3_bucket.y")


def test_a_person_is_asked_for_what_only_the_newer_provider_can_give(graph: Any, ref: Any) -> None:
    vectors = "aws:s3/vectorsVectorBucket:VectorsVectorBucket"
    given = graph((vectors, "v", {}), (BLOCK, "x", {"bucket": ref(vectors, "v", "vectorBucketName")}))
    module = module_of(given)
    assert module.left_out == ["aws_s3vectors_vector_bucket.v"]
    assert body(module, "aws_s3_bucket_public_access_block.x")["bucket"] == "${var.unknown_1}"
    assert module.content["variable"] == {"unknown_1": {}}


def test_an_attribute_that_only_the_newer_provider_gives_is_its_known_value(graph: Any, ref: Any) -> None:
    region = ref(KEY, "k", "region", value="eu-central-1")
    given = graph((KEY, "k", {"region": "eu-central-1"}), (SECRET, "s", {"replicas": [{"region": region}]}))
    (replica,) = body(module_of(given), "aws_secretsmanager_secret.s")["replica"]
    assert replica["region"] == "eu-central-1"


def test_secrets_and_unknowns_have_no_value_but_in_a_rehearsal(graph: Any) -> None:
    secret = {"$secret": {"origin": "config", "key": "db"}}
    given = graph(
        ("aws:rds/instance:Instance", "db", {"password": secret, "port": {"$unknown": {"from": []}}})
    )
    assert module_of(given).content["variable"] == {"secret_1": {"sensitive": True}, "unknown_2": {}}
    rehearsed = module_of(given, stand_ins=True).content["variable"]
    assert rehearsed["unknown_2"] == {"default": 1}
    assert rehearsed["secret_1"]["default"]


def test_the_provider_keeps_to_the_accounts_that_the_program_names(graph: Any) -> None:
    own = Provider("aws", region="eu-west-1", inputs={"allowedAccountIds": ["111122223333"]})
    module = module_of(graph((BUCKET, "a", {}), providers={"default:aws": own}))
    assert module.content["provider"]["aws"] == [
        {"region": "eu-west-1", "allowed_account_ids": ["111122223333"]}
    ]


def test_what_the_program_asks_of_its_account_is_asked_by_terraform(graph: Any) -> None:
    asked = "call:aws:index/getCallerIdentity:getCallerIdentity"
    given = graph((BUCKET, "a", {"bucket": f"x-${{{asked}#accountId}}"}))
    module = module_of(given)
    assert body(module, "aws_s3_bucket.a")["bucket"] == "x-${data.aws_caller_identity.current.account_id}"
    assert module.content["data"] == {"aws_caller_identity": {"current": {}}}


def test_a_question_keeps_its_arguments_and_its_own_provider() -> None:
    call = Call(
        "call:aws:index/getAvailabilityZones:getAvailabilityZones@12ab",
        "aws:index/getAvailabilityZones:getAvailabilityZones",
        {"state": "available", "allAvailabilityZones": False},
    )
    urn = "urn:pulumi:dev::unit::aws:ec2/subnet:Subnet::s"
    zone = {"$ref": {"urn": call.id, "property": "names[0]"}}
    subnet = Resource(
        urn, "aws:ec2/subnet:Subnet", "s", inputs={"availabilityZone": zone}, provider="urn:p::main"
    )
    main = Provider("aws", "urn:p::main", region="eu-west-1")
    module = module_of(
        ResourceGraph("u", "d", resources={urn: subnet}, providers={"urn:p::main": main}, calls=(call,))
    )
    source = "data.aws_availability_zones.asked_12ab"
    assert body(module, "aws_subnet.s")["availability_zone"] == f"${{{source}.names[0]}}"
    assert module.content["data"]["aws_availability_zones"]["asked_12ab"] == {
        "state": "available",
        "all_availability_zones": False,
        "provider": "aws.main",
    }


def test_files_are_written_beside_the_module_as_the_program_gives_them(graph: Any, tmp_path: Path) -> None:
    (tmp_path / "repo" / "src" / "inner").mkdir(parents=True)
    (tmp_path / "repo" / "src" / "inner" / "m.py").write_text("folder")
    (tmp_path / "repo" / "ready.zip").write_bytes(b"ready")
    parts = {"a.py": {"$asset": {"text": "text"}}, "below": {"$archive": {"path": "src"}}}
    given = graph(
        (FUNCTION, "folder", {"code": {"$archive": {"path": "src"}}}),
        (FUNCTION, "ready", {"code": {"$archive": {"path": "ready.zip"}}}),
        (FUNCTION, "parts", {"code": {"$archive": {"assets": parts}}}),
        (OBJECT, "object", {"source": {"$asset": {"path": "src/inner/m.py"}}}),
    )
    module = module_of(given)
    write_files(module.files, tmp_path / "out", tmp_path / "repo")

    def file(address: str, attribute: str) -> bytes:
        written = body(module, address)[attribute]
        return (tmp_path / "out" / written.removeprefix("${path.module}/")).read_bytes()

    def members(address: str) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(file(address, "filename"))) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    assert members("aws_lambda_function.folder") == {"inner/m.py": b"folder"}
    assert members("aws_lambda_function.parts") == {"a.py": b"text", "below/inner/m.py": b"folder"}
    assert file("aws_lambda_function.ready", "filename") == b"ready"
    assert file("aws_s3_object.object", "source") == b"folder"
    before = file("aws_lambda_function.parts", "filename")
    write_files(module.files, tmp_path / "out", tmp_path / "repo")
    assert file("aws_lambda_function.parts", "filename") == before


@pytest.mark.parametrize("asset", [{"$archive": {"path": "nowhere"}}, {"$asset": {"path": "nowhere.py"}}])
def test_a_file_that_is_not_there_is_refused_by_name(asset: Any, graph: Any, tmp_path: Path) -> None:
    module = module_of(graph((FUNCTION, "f", {"code": asset})))
    with pytest.raises(Refusal) as refused:
        write_files(module.files, tmp_path / "out", tmp_path)
    assert "nowhere" in str(refused.value.problems[0].where)


def test_what_is_fetched_from_an_address_keeps_it(graph: Any) -> None:
    module = module_of(graph((FUNCTION, "f", {"code": {"$archive": {"uri": "https://x/y.zip"}}})))
    assert body(module, "aws_lambda_function.f")["filename"] == "https://x/y.zip"
    assert module.files == {}
