"""Shipping to managed Airflows, through boto3's and Google's own clients. The servers answer as the published
APIs do; that the services themselves take it, only an account can show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

from dags.bundle.sluice_bundle.storage import ObjectStorage
from environments.problems import Refusal
from releases.airflow_api import Access, AirflowApi, AirflowDown
from releases.build import build
from releases.ship import ship_built
from releases.targets.composer import ENDPOINT, ComposerAccess
from releases.targets.mwaa import MwaaAccess, described
from tests.scripted_airflow import Scripted
from tests.scripted_clouds import (
    COMPOSER,
    Composer,
    Mwaa,
    google_credentials,
    scripted_composer,
    scripted_mwaa,
)
from tests.toy_release import checkout, quiet

NAME = "sluice-aws-dev-orchestrator"


@pytest.fixture
def mwaa(airflow: Scripted, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mwaa]:
    with scripted_mwaa(airflow) as scripted:
        monkeypatch.setenv("AWS_ENDPOINT_URL_MWAA", scripted.url)
        monkeypatch.setenv("AWS_DISABLE_HOST_PREFIX_INJECTION", "true")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests-only")
        yield scripted


@pytest.fixture
def composer(airflow: Scripted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Composer]:
    with scripted_composer(airflow) as scripted:
        monkeypatch.setenv(ENDPOINT, scripted.url)
        file = google_credentials(tmp_path, scripted.url)
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
        yield scripted


def of_composer(**options: float) -> ComposerAccess:
    return ComposerAccess("acme", "europe-west1", NAME.replace("aws", "gcp"), **options)  # type: ignore[arg-type]


def ship_through(access: Access, airflow: Scripted, folder: Path) -> None:
    """A whole ship: served, then a release that is not, which is taken back."""
    release, other = (build(checkout(folder / text, greeting=text)) for text in ("one", "two"))
    storage = ObjectStorage((folder / "store").as_uri())
    airflow.serve(release.id)
    airflow.run(release.id, "running")
    assert ship_built(release, storage, access, quiet).served
    assert AirflowApi(access).in_flight() == {release.id}
    with pytest.raises(Refusal, match="has not taken over dags/pipelines/hello"):
        ship_built(other, storage, access, quiet)


def test_a_ship_is_proven_through_mwaas_api(mwaa: Mwaa, airflow: Scripted, tmp_path: Path) -> None:
    ship_through(MwaaAccess(NAME, "eu-west-1", timeout=1), airflow, tmp_path)
    assert {asked["Path"] for asked in mwaa.asked} == {
        "/importErrors", "/dags", "/dags/~/dagVersions", "/dags/~/dagRuns",
    }  # fmt: skip
    assert all(len(asked["Path"]) <= 64 and asked["Method"] == "GET" for asked in mwaa.asked)
    (running,) = [asked for asked in mwaa.asked if "state" in asked["QueryParameters"]]
    assert running["QueryParameters"]["state"] == ["queued", "running"]


def test_what_is_sent_to_mwaa_and_what_it_answers_have_the_shapes_of_its_api(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = boto3.client("mwaa", region_name="eu-west-1", aws_access_key_id="t", aws_secret_access_key="t")
    monkeypatch.setattr(MwaaAccess, "client", lambda self: client)
    query = {"limit": "100", "offset": "0", "bundle_name": "releases"}
    asked = {"Name": NAME, "Path": "/importErrors", "Method": "GET", "QueryParameters": query}
    with Stubber(client) as stub:
        stub.add_response("get_environment", {"Environment": {"Status": "AVAILABLE"}}, {"Name": NAME})
        answer = {"import_errors": [], "total_entries": 0}
        stub.add_response("invoke_rest_api", {"RestApiStatusCode": 200, "RestApiResponse": answer}, asked)
        assert AirflowApi(MwaaAccess(NAME, "eu-west-1")).import_errors() == []
        stub.assert_no_pending_responses()


def test_an_mwaa_environment_that_is_not_up_refuses_or_is_silent_is_said(
    mwaa: Mwaa, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = MwaaAccess(NAME, "eu-west-1")
    mwaa.environment["Status"] = "CREATING"
    with pytest.raises(AirflowDown, match="is CREATING"):
        AirflowApi(access).import_errors()
    mwaa.environment["Status"] = "AVAILABLE"
    with pytest.raises(AirflowDown, match="404"):
        list(AirflowApi(access)._all("DAGApi", "get_dag_tags", "tags"))
    monkeypatch.setenv("AWS_ENDPOINT_URL_MWAA", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(Refusal, match="MWAA does not tell"):
        described(access.client(), NAME)


def test_a_ship_is_proven_through_composers_api_and_airflows_own(
    composer: Composer, airflow: Scripted, tmp_path: Path
) -> None:
    ship_through(of_composer(timeout=1), airflow, tmp_path)


def test_composer_says_where_the_bucket_is_and_what_is_being_changed(composer: Composer) -> None:
    composer.operate("UPDATE", COMPOSER)
    composer.operate("UPDATE", COMPOSER, done=True)
    composer.operate("CREATE", f"{COMPOSER}-other")
    access = of_composer()
    told = access.describe()
    assert (told.state, told.bucket) == ("RUNNING", "europe-west1-sluice-bucket")
    assert told.image == "composer-3-airflow-3.3.1-build.2"
    assert access.operations() == [("UPDATE", composer.operations[0]["name"])]
    composer.state = "CREATING"
    with pytest.raises(AirflowDown, match="is CREATING"):
        access.connect()


def test_a_composer_environment_that_is_not_there_and_missing_credentials_are_said(
    composer: Composer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(Refusal, match="does not tell"):
        ComposerAccess("acme", "europe-west1", "nowhere").connect()
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(Refusal, match="no Google credentials"):
        of_composer().connect()
