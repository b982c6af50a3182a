"""What Terraform and AWS say becomes one message, at the Python line, with a way out. None of it needs AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from environments.load import load
from environments.problems import Exit, Location, Refusal
from stacks.bootstrap import failures
from stacks.bootstrap.account import Account
from stacks.bootstrap.names import Names

DOCUMENT = {
    "resource": {
        "aws_s3_bucket": {
            "state": {"//": {"metadata": {"stackTrace": ["stacks/bootstrap/bucket.py:27 make"]}}}
        }
    }
}


def said(summary: str, detail: str = "", address: str = "") -> dict[str, Any]:
    return {"severity": "error", "summary": summary, "detail": detail, "address": address}


@pytest.mark.parametrize(
    ("error", "remedy", "code"),
    [
        (
            said(
                "creating IAM OIDC Provider",
                "EntityAlreadyExists: Provider with url https://x already exists",
            ),
            "account_knows_github: true",
            Exit.CHECK_SAID_NO,
        ),
        (said("creating S3 Bucket: BucketAlreadyExists"), "take another `project`", Exit.CHECK_SAID_NO),
        (said("Error acquiring the state lock"), "somebody else", Exit.UNAVAILABLE),
        (said("Failed to query available provider packages"), "terraform providers mirror", Exit.UNAVAILABLE),
        (said("operation error S3: AccessDenied"), "administrator", Exit.CHECK_SAID_NO),
        (said("No valid credential sources found"), "AWS_PROFILE", Exit.UNAVAILABLE),
        (
            said("Instance cannot be destroyed", "lifecycle.prevent_destroy set"),
            "protected",
            Exit.CHECK_SAID_NO,
        ),
    ],
)
def test_a_known_failure_says_what_to_do(error: dict[str, Any], remedy: str, code: Exit) -> None:
    refusal = failures.refusal([error], DOCUMENT, Path("folder"))
    assert refusal.exit_code is code
    assert remedy in refusal.problems[0].remedy


def test_an_error_of_a_resource_is_at_the_line_that_asked_for_it_and_said_once() -> None:
    error = said("BucketAlreadyExists", address="aws_s3_bucket.state")
    (problem,) = failures.refusal([error, error], DOCUMENT, Path("folder")).problems
    assert problem.where == Location(Path("stacks/bootstrap/bucket.py"), 27)
    assert problem.what.startswith("aws_s3_bucket.state: ")


def test_warnings_are_no_errors_and_silence_is_named() -> None:
    (problem,) = failures.refusal(
        [{"severity": "warning", "summary": "old"}], DOCUMENT, Path("folder")
    ).problems
    assert "did not say why" in problem.what


def test_the_frame_around_terraforms_words_is_left_out() -> None:
    text = "╷\n│ Error: No bucket\n│ \n│ It is gone.\n╵\n"
    (problem,) = failures.refusal([failures.told(text)], DOCUMENT, Path("folder")).problems
    assert problem.what == "No bucket It is gone."


NAMES = Names(load("aws-dev"), "http://127.0.0.1:9")


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


def refused(ask: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        ask()
    return caught.value


def test_without_credentials_one_message_says_how_to_get_some(no_credentials: None) -> None:
    refusal = refused(Account(NAMES).check)
    assert refusal.exit_code is Exit.UNAVAILABLE
    assert "aws sso login" in refusal.problems[0].remedy


def test_a_profile_that_is_not_there_is_named(no_credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    refusal = refused(lambda: Account(NAMES).check())
    assert refusal.exit_code is Exit.UNAVAILABLE
    assert "nobody" in refusal.problems[0].what


def test_a_file_of_state_is_read_as_json_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = json.dumps({"lineage": "one", "serial": 5}).encode()
    account = Account(NAMES)
    monkeypatch.setattr(account, "_client", lambda service: _S3(stored))
    file = tmp_path / "terraform.tfstate"
    for content in (b"", b'{"lineage": "one", "serial": 5}', b'{"lineage": "one", "serial": 4}'):
        file.write_bytes(content)
        account._must_be_older(file)
    for content in (b"{", b"{}", b'{"lineage": "one", "serial": 6}', b'{"lineage": "two", "serial": 1}'):
        file.write_bytes(content)
        assert refused(lambda: account._must_be_older(file)).problems[0].where == Location(file)
        assert file.exists()


class _S3:
    def __init__(self, stored: bytes) -> None:
        self._stored = stored

    def get_object(self, **_: Any) -> dict[str, Any]:
        return {"Body": self}

    def read(self) -> bytes:
        return self._stored
