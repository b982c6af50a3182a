"""Every error of a file is said at once, each with its line, what is accepted, and what was meant.

Not proven here: that the words are the best ones; only that they name the thing, the line and a way out.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from environments import load
from environments.problems import Exit, Refusal

Write = Callable[[str, str], Path]

GOOD = 'account: "333344445555"\nnetwork: {cidr: 10.18.0.0/16}\n'


def problems(folder: Path, name: str | None = "aws-prod") -> list[tuple[int | None, str, str]]:
    """What loading refuses: line, what is wrong, remedy."""
    with pytest.raises(Refusal) as caught:
        load.load(name, folder=folder) if name is not None else load.load_all(folder=folder)
    assert caught.value.exit_code == Exit.BAD_INPUT
    return [
        (item.where.line if item.where else None, item.what, item.remedy) for item in caught.value.problems
    ]


# Each: settings of `aws-prod` from line 3 on, the line at fault, words of the problem, words of the remedy.
PLANTED = {
    "misspelt key": (GOOD + "ower: me", 5, "unknown key `ower`; did you mean `owner`?", "accepted: project"),
    "misspelt key far down": (
        GOOD + "storage:\n  zones:\n    raw:\n      lok_days: 400",
        8,
        "unknown key `storage.zones.raw.lok_days`; did you mean `lock_days`?",
        "accepted: data_class, versioned, lock_days",
    ),
    "misspelt zone": (
        GOOD + "storage:\n  zones:\n    rawr: {lock_days: 400}",
        7,
        "did you mean `raw`?",
        "curated",
    ),
    "key that the file's name says": (GOOD + "tier: dev", 5, "unknown key `tier`", "the file's name"),
    "number as text": (GOOD + 'budget: {monthly_eur: "7"}', 5, "`7` is not a whole number", "a whole number"),
    "fraction": (GOOD + "budget: {monthly_eur: 7.5}", 5, "`7.5` is not a whole number", "a whole number"),
    "text as number": (
        "account: 333344445555\nnetwork: {cidr: 10.18.0.0/16}",
        3,
        "is not text",
        "Put it in quotes",
    ),
    "yes for true": (
        GOOD + "protect_data: yes",
        5,
        "`yes` is neither true nor false",
        "accepted: true or false",
    ),
    "mapping wanted": (GOOD + "budget: 7", 5, "budget: `7` where a mapping is expected", "monthly_eur"),
    "nothing in a section": (GOOD + "budget:", 5, "nothing where a mapping is expected", "monthly_eur"),
    "too small": (GOOD + "releases: {retain: 1}", 5, "`1` is too small", "from 2 to 1000"),
    "not in the list": (GOOD + "network: {}", 5, "`network` is there twice; first on line 4", "keep one"),
    "unknown data class": (
        GOOD + "data_classification: secret",
        5,
        "`secret` is not one of",
        "public, internal, confidential, restricted",
    ),
    "unknown data class of a zone": (
        GOOD + "storage:\n  zones:\n    raw: {data_class: confidental}",
        7,
        "storage.zones.raw.data_class: `confidental` is not one of",
        "Did you mean confidential?",
    ),
    "unknown data class of a key": (
        GOOD + "encryption:\n  customer_key_for:\n    - confidential\n    - restricted\n    - secret",
        9,
        "`secret` is not one of",
        "public, internal, confidential, restricted",
    ),
    "unknown data class of a backup": (
        GOOD
        + "backup:\n  plans:\n    secret:\n"
        + "      {every_hours: 24, keep_days: 35, cold_after_days: null, copy_keep_days: null}",
        7,
        "unknown key `backup.plans.secret`",
        "public, internal, confidential, restricted",
    ),
    "enum slip": (GOOD + "orchestrator: {size: larg}", 5, "`larg`", "Did you mean large?"),
    "bad name of a secret": (
        GOOD + "secrets:\n  Bad_Name: {rotation_days: 3}",
        6,
        "`Bad_Name`",
        "lower-case",
    ),
    "missing part of a new source": (
        GOOD + "sources:\n  crm:\n    secret: source-commerce",
        6,
        "`sources.crm.base_url` is missing",
        "https",
    ),
    "missing account": ("network: {cidr: 10.18.0.0/16}", 2, "`account` is missing", "AWS account"),
    "missing range": ('account: "333344445555"', 2, "`network.cidr` is missing", "10.16.0.0/16"),
    "range that is none": (
        'account: "333344445555"\nnetwork:\n  cidr: 10.18.0/16',
        5,
        "`10.18.0/16` is not an address range",
        "10.16.0.0/16",
    ),
    "range with host bits": (
        'account: "333344445555"\nnetwork:\n  cidr: 10.18.5.1/16',
        5,
        "`10.18.5.1/16` is not an address range",
        "Did you mean 10.18.0.0/16?",
    ),
    "public range": (
        'account: "333344445555"\nnetwork:\n  cidr: 8.8.0.0/16',
        5,
        "`8.8.0.0/16`",
        "private range",
    ),
    "range too small": (
        'account: "333344445555"\nnetwork:\n  cidr: 10.18.0.0/28',
        5,
        "10.18.0.0/28",
        "from /16",
    ),
    "range of another": (
        'account: "333344445555"\nnetwork:\n  cidr: 10.16.0.0/16',
        5,
        "also the address range of aws-dev",
        "range of its own",
    ),
    "range that overlaps another": (
        'account: "333344445555"\nnetwork:\n  cidr: 10.16.128.0/17',
        5,
        "overlaps `10.16.0.0/16`, the address range of aws-dev",
        "range of its own",
    ),
    "subnets that overlap": (
        'account: "333344445555"\nnetwork:\n  cidr: 10.18.0.0/16\n  subnets:\n    data: 10.18.0.0/20',
        7,
        "`10.18.0.0/20` overlaps `10.18.0.0/18` (public)",
        "quarter",
    ),
    "subnet outside": (
        'account: "333344445555"\nnetwork:\n  cidr: 10.18.0.0/16\n  subnets:\n    data: 10.99.0.0/20',
        7,
        "is not inside the network",
        "10.18.0.0/16",
    ),
    "one zone in prod": (
        'account: "333344445555"\nnetwork:\n  cidr: 10.18.0.0/16\n  zones: 1',
        6,
        "network.zones: 1 in prod",
        "accepted: 2 to 3",
    ),
    "no zone at all": (
        'account: "333344445555"\nnetwork:\n  cidr: 10.18.0.0/16\n  zones: 0',
        6,
        "network.zones: `0` is too small",
        "from 1 to 3",
    ),
    "no way to a service": (
        'account: "333344445555"\nnetwork:\n  cidr: 10.18.0.0/16\n  nat: none\n  private_services: [secrets, keys]',
        7,
        "without NAT, nothing leads to tokens, logs, metrics, images, queues, airflow",
        "or network.nat: single",
    ),
    "service that nobody knows": (
        'account: "333344445555"\nnetwork:\n  cidr: 10.18.0.0/16\n  private_services: [secrts]',
        6,
        "`secrts` is not one of",
        "Did you mean secrets?",
    ),
    "flow logs below policy": (
        'account: "333344445555"\nnetwork:\n  cidr: 10.18.0.0/16\n  flow_log_retention_days: 90',
        6,
        "90 days is below the policy for prod",
        "365 or more",
    ),
    "fail-over region not allowed": (
        GOOD + "failover_region: us-east-1",
        5,
        "failover_region: `us-east-1` is not an allowed region",
        "accepted: eu-west-1, eu-central-1",
    ),
    "region not allowed": (
        GOOD + "region: eu-west-2",
        5,
        "`eu-west-2` is not an allowed region",
        "eu-west-1, eu-central-1; did you mean eu-west-1?",
    ),
    "fail-over into itself": (GOOD + "failover_region: eu-west-1", 5, "is the region itself", "eu-central-1"),
    "account of another cloud": (
        "account: sluice-gcp-prod\nnetwork: {cidr: 10.18.0.0/16}",
        3,
        "cannot be an account of aws",
        "12 digits",
    ),
    "retention below policy": (
        GOOD + "storage:\n  zones:\n    curated:\n      lifecycle:\n        expire_after_days: 30\n"
        "        infrequent_access_after_days: null",
        9,
        "30 days is below the policy for confidential data in prod",
        "90 or more",
    ),
    "raw lock below policy": (
        GOOD + "storage:\n  zones:\n    raw: {lock_days: 30}",
        7,
        "30 days is below the policy for prod",
        "365 or more",
    ),
    "backups that no schedule keeps to": (
        GOOD + "backup:\n  plans:\n    internal: {every_hours: 5}",
        7,
        "no schedule keeps to every 5 hours",
        "accepted: 1, 2, 3, 4, 6, 8, 12, 24, 168",
    ),
    "backup below policy": (
        GOOD + "backup:\n  plans:\n    confidential: {keep_days: 30, cold_after_days: null}",
        7,
        "30 days is below the policy for confidential data",
        "90 or more",
    ),
    "no time in cold storage": (
        GOOD + "backup:\n  plans:\n    restricted: {cold_after_days: 300}",
        7,
        "365 days leave less than 90",
        "390 or more",
    ),
    "life cycle backwards": (
        GOOD + "storage:\n  zones:\n    archive:\n      lifecycle: {deep_archive_after_days: 60}",
        8,
        "60 days is not after glacier_after_days (90 days)",
        "more than 90",
    ),
    "lock without versions": (
        GOOD + "storage:\n  zones:\n    raw: {versioned: false}",
        7,
        "an object lock needs versions",
        "true",
    ),
    "lock longer than life": (
        GOOD + "storage:\n  zones:\n    errors: {lock_days: 200, versioned: true}",
        7,
        "before their lock ends",
        "at most 90",
    ),
    "no key for a class": (
        GOOD + "encryption: {customer_key_for: [internal, restricted]}",
        5,
        "confidential data needs its own key",
        "add confidential",
    ),
    "no key for the class of logs and messages": (
        GOOD + "encryption: {customer_key_for: [confidential, restricted]}",
        5,
        "internal data needs its own key on AWS",
        "add internal",
    ),
    "secret that is not there": (
        GOOD + "sources:\n  commerce: {secret: source-comerce}",
        6,
        "there is no secret `source-comerce`",
        "did you mean source-commerce?",
    ),
    "source without address": (
        GOOD + "sources:\n  commerce: {base_url: null}",
        6,
        "only `local`",
        "give the address",
    ),
    "service of another cloud": (
        GOOD + "spark: {kind: synapse}",
        5,
        "`synapse` is not to be had",
        "emr_serverless",
    ),
    "version not offered": (GOOD + "orchestrator: {airflow_version: 3.3.2}", 5, "mwaa has no 3.3.2", "3.3.1"),
    "version as number": (GOOD + "orchestrator: {airflow_version: 3.3}", 5, "`3.3` is not text", "quotes"),
    "workers upside down": (
        GOOD + "orchestrator: {workers_max: 1}",
        5,
        "less than workers_min (2)",
        "2 to 25",
    ),
    "name too long": (
        GOOD + f"project: a2345678901234567890\nsecrets:\n  {'s' * 40}: {{rotation_days: 9}}",
        7,
        "has 70 characters",
        "at most 63; shorten it by 7",
    ),
    "tagged value": (GOOD + "owner: !secret me", 5, "the tag `!secret` cannot be used here", "plain value"),
    "merge key": (GOOD + "budget:\n  <<: {monthly_eur: 1}", 6, "merge keys", "write the keys out"),
}


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_error_is_the_only_one_and_names_line_and_way_out(
    planted: tuple[str, int, str, str], folder: Path, write: Write
) -> None:
    settings_, line, what, remedy = planted
    write("aws-prod", settings_)
    found = problems(folder)
    assert [item for item, *_ in found] == [line], found
    assert what in found[0][1]
    assert remedy in found[0][2]


def test_all_errors_of_a_file_are_said_at_once(folder: Path, write: Write) -> None:
    write(
        "aws-prod",
        """
account: 333344445555
ower: me
region: us-east-1
netwrok:
  cidr: 10.16.0.0/16
  zones: 1
  nat: per-zone
storage:
  zones:
    raw:
      lock_days: 30
      lock_days: 40
    quarentine:
      lifecycle: {expire_after_days: 10}
    errors:
      data_class: secrt
orchestrator:
  workers_max: "ten"
  airflow_version: 3.3.0
""",
    )
    # 6, 7 and 8 and 16 lie under misspelt keys, and are checked all the same.
    assert [line for line, *_ in problems(folder)] == [3, 4, 5, 6, 7, 8, 9, 13, 14, 15, 16, 18, 20, 21]


def test_all_errors_of_all_files_are_said_at_once(folder: Path, write: Write) -> None:
    write("aws-dev", GOOD.replace("10.18", "10.16") + "ower: me")
    write("gcp-prod", "account: sluice-gcp-prod\nnetwork: {cidr: 10.16.0.0/16}")
    (folder / "Pulumi.azure-prod.yaml").write_text("config: [")
    (folder / "Pulumi.aws-prd.yaml").write_text("config: {}")
    found = problems(folder, None)
    assert len(found) == 4
    assert "did you mean aws-prod?" in found[0][1]
    assert "`ower`" in found[1][1]
    assert "also the address range of aws-dev" in found[2][1]
    assert "not valid YAML" in found[3][1]


WHOLE_FILES: dict[str, tuple[bytes, int | None, str]] = {
    "empty": (b"", None, "the file is empty"),
    "only a comment": (b"# nothing\n", None, "the file is empty"),
    "a list": (b"- a\n", 1, "a list where a mapping is expected"),
    "not UTF-8": (b"config:\n  # caf\xe9\n", 2, "not UTF-8: byte 0xe9"),
    "control character": (b"config: \x01\n", None, "not valid YAML"),
    "tab": (b"config:\n\tsluice:environment: {}\n", 2, "not valid YAML"),
    "open bracket": (b"config:\n  sluice:environment: [\n", 3, "not valid YAML"),
    "two documents": (b"config: {}\n---\nconfig: {}\n", 2, "not valid YAML"),
    "nested too deep": (b"config: " + b"[" * 600, None, "nested too deep"),
    "contains itself": (b"config: &a\n  sluice:environment: *a\n", 1, "contains itself"),
    "no settings": (b"config:\n  aws:region: eu-west-1\n", 1, "`sluice:environment` is missing"),
    "no config": (b"encryptionsalt: v1\n", 1, "`config` is missing"),
    "null settings": (b"config:\n  sluice:environment:\n", 2, "nothing where a mapping is expected"),
    "key without namespace": (
        b"config:\n  sluice:environment: {}\n  region: x\n",
        3,
        "unknown key `config.region`",
    ),
    "unknown top-level key": (b"confg: {}\nconfig:\n  sluice:environment: {}\n", 1, "did you mean `config`?"),
    "key that is a list": (
        b"config:\n  sluice:environment:\n    ? [a]\n    : 1\n",
        3,
        "a key that is not plain text",
    ),
    "huge number": (
        b"config:\n  sluice:environment:\n    owner: " + b"9" * 5000,
        3,
        "cannot be read as a value",
    ),
    "many aliases": (
        b"a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
        b"c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
        b"e: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n",
        1,
        "more than 20000 values",
    ),
}


@pytest.mark.parametrize("planted", WHOLE_FILES.values(), ids=WHOLE_FILES.keys())
def test_a_file_that_is_no_environment_is_refused_with_its_line(
    planted: tuple[bytes, int | None, str], folder: Path
) -> None:
    content, line, what = planted
    (folder / "Pulumi.local.yaml").write_bytes(content)
    assert any(found[0] == line and what in found[1] for found in problems(folder, "local")), problems(
        folder, "local"
    )


def test_a_file_that_cannot_be_read_is_refused(folder: Path) -> None:
    (folder / "Pulumi.local.yaml").unlink()
    (folder / "Pulumi.local.yaml").mkdir()
    assert "cannot read the file" in problems(folder, "local")[0][1]


def test_what_pulumi_writes_into_the_file_is_tolerated(folder: Path) -> None:
    (folder / "Pulumi.local.yaml").write_text(
        "secretsprovider: passphrase\nencryptedkey: abc\nencryptionsalt: v1:abc\nenvironment:\n  - shared\n"
        "config:\n  aws:region: eu-west-1\n  sluice:environment: {}\n  gcp:project: {secure: abc}\n"
    )
    assert load.load("local", folder=folder).name == "local"


def test_the_file_of_a_release_stack_is_no_environment(folder: Path) -> None:
    (folder / "Pulumi.aws-dev-release.yaml").write_text("encryptionsalt: v1:abc\n")
    assert "aws-dev-release" not in load.load_all(folder=folder)
    assert "there is no environment `aws-dev-release`" in problems(folder, "aws-dev-release")[0][1]


@pytest.mark.parametrize(
    "name", ["aws-prd", "aws_prod", "AWS-PROD", "prod-aws", "../local", "", "aws-prod.yaml"]
)
def test_a_wrong_name_is_refused_with_the_right_ones(name: str, folder: Path) -> None:
    ((_, what, remedy),) = problems(folder, name)
    assert f"there is no environment `{name}`" in what
    assert "local, aws-dev, aws-staging, aws-prod" in remedy
    if name in ("aws-prd", "aws_prod", "AWS-PROD"):
        assert "did you mean aws-prod?" in what


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert "there is no environment" in problems(tmp_path, None)[0][1]


def test_a_second_environment_of_a_tier_is_an_environment(folder: Path, write: Write) -> None:
    write("aws-dev-berlin", 'account: "444455556666"\nnetwork: {cidr: 10.19.0.0/16}')
    environment = load.load("aws-dev-berlin", folder=folder)
    assert (environment.cloud, environment.tier) == ("aws", "dev")


def test_an_error_in_one_environment_does_not_stop_another(folder: Path) -> None:
    (folder / "Pulumi.aws-dev.yaml").write_text("config: [")
    assert load.load("aws-prod", folder=folder).name == "aws-prod"


LINES = [
    "config:",
    "  sluice:environment:",
    "    account: '333344445555'",
    "    network:",
    "      cidr: 10.18.0.0/16",
    "      zones: 3",
    "    storage:",
    "      zones:",
    "        raw: {lock_days: 400}",
    "    allowed_regions: [eu-west-1, eu-central-1]",
]
SPOILT = st.sampled_from(
    [
        "",
        "null",
        "[]",
        "{}",
        "- x",
        ".inf",
        ".nan",
        "1e999",
        '"\\ud800"',
        "*a",
        "&a x",
        "<<: 3",
        "? [x]",
        "!!set x",
        "!!binary YQ==",
        "2026-01-01",
        "0o17",
        "'",
        "}",
        "@",
        "%YAML 9",
        "---",
        "\t",
        "network: 3",
        "zones: [1]",
    ]
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, len(LINES) - 1), st.booleans(), SPOILT | st.text(max_size=8)), max_size=4
    )
)
def test_no_file_however_spoilt_ends_in_anything_but_a_refusal(
    folder: Path, changes: list[tuple[int, bool, str]]
) -> None:
    for other in folder.glob("Pulumi.[!a]*"):
        other.unlink()
    lines = list(LINES)
    for at, replace_value, text in changes:
        head, _, _ = lines[at].partition(": ")
        lines[at] = f"{head}: {text}" if replace_value else lines[at] + text
    (folder / "Pulumi.aws-prod.yaml").write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    try:
        load.load("aws-prod", folder=folder)
    except Refusal as refusal:
        assert refusal.exit_code == Exit.BAD_INPUT
        assert refusal.problems
        assert all(item.where and item.what and item.remedy for item in refusal.problems)
