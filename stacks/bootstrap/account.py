"""Whose account the shell's credentials open, and whether the state is already in it: asked before Terraform runs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any

from environments.problems import Exit, Location, Refusal
from stacks.bootstrap.names import TERRAFORM_STATE, Names

# What a service answers to credentials that are wrong, or were right once.
_REFUSED = {
    "AccessDenied",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}


class Place(StrEnum):
    """Where the bootstrap's own Terraform state is."""

    FILE = "file"
    BUCKET = "bucket"


class Account:
    """The AWS account of one environment, through the credentials that the user's shell has."""

    def __init__(self, names: Names) -> None:
        import boto3

        self._names = names
        self._environment = names.environment
        with _said_clearly():
            self._session = boto3.Session(region_name=self._environment.region)

    def check(self) -> None:
        """Makes sure that these credentials are of the environment's account.

        Raises:
            Refusal: there are none, they are not accepted, or they are of another account.
        """
        with _said_clearly():
            found = self._client("sts").get_caller_identity()["Account"]
        if found != self._environment.account:
            raise Refusal.because(
                f"these credentials are of account {found}; {self._environment.name} lives in"
                f" {self._environment.account}",
                remedy="take credentials of that account (AWS_PROFILE), or mend `account` in the environment's file",
            )

    def place(self, file: Path) -> Place:
        """Where the state is: in the bucket once that is made, until then in a file.

        Args:
            file: Where this checkout keeps the file.

        Raises:
            Refusal: the bucket is somebody else's, or it holds no state although it is there, or state is both
                in the bucket and in a file that is not an earlier version of it.
        """
        bucket = self._names.state_bucket
        with _said_clearly():
            status = self._status(lambda s3: s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=self._account))
            if status == 404:
                return Place.FILE
            if status == 403:
                raise Refusal.because(
                    f"the bucket {bucket} is not of account {self._account}, or these credentials may not see it",
                    remedy="names of buckets are one for the whole world: take another `project`, or other credentials",
                )
            there = self._status(lambda s3: s3.head_object(Bucket=bucket, Key=TERRAFORM_STATE)) == 200
        if there:
            return Place.BUCKET
        if file.exists():
            return Place.FILE  # a run ended between making the bucket and moving the state into it
        raise Refusal.because(
            f"the bucket {bucket} is there, but the state of the bootstrap is neither in it nor in this checkout",
            where=Location(file),
            remedy="whoever ran it first has to run it again: the state is in that checkout until a run ends well",
        )

    @property
    def _account(self) -> str:
        return self._environment.account

    def _client(self, service: str) -> Any:
        from botocore.config import Config

        style: Any = {"addressing_style": "path"} if self._names.endpoint else {}
        config = Config(connect_timeout=10, read_timeout=30, retries={"max_attempts": 3}, s3=style)
        return self._session.client(service, config=config)  # type: ignore[call-overload]

    def _status(self, ask: Any) -> int:
        """The HTTP status of a question that may be answered with "not there" or "not yours"."""
        from botocore.exceptions import ClientError

        try:
            return int(ask(self._client("s3"))["ResponseMetadata"]["HTTPStatusCode"])
        except ClientError as error:
            status = int(error.response["ResponseMetadata"]["HTTPStatusCode"])
            if status not in (403, 404):
                raise
            return status


class _said_clearly:
    """Turns what boto3 raises into one message; AWS itself may not be reachable from here."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        remedy = (
            "sign in (`aws sso login`), or set AWS_PROFILE; `aws sts get-caller-identity` shows who you are"
        )
        if isinstance(error, ClientError):
            code = error.response["Error"]["Code"]
            what = "AWS does not accept these credentials" if code in _REFUSED else "AWS says no"
            raise Refusal.because(f"{what}: {error}", remedy=remedy, exit_code=Exit.UNAVAILABLE) from None
        if isinstance(error, BotoCoreError):
            raise Refusal.because(
                f"no credentials of AWS, or no way to it: {error}", remedy=remedy, exit_code=Exit.UNAVAILABLE
            ) from None
