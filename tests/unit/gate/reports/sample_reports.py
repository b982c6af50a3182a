"""A gate report made by hand: three environments, a base, unicode, hostile names, each kind of finding."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from policies.gate.graph import CallSite
from policies.gate.report import Change, EnvironmentReport, GateReport
from policies.gate.verdicts import Finding, Rule, Severity, Verdict

HOSTILE = (
    "x</summary><script>alert(1)</script>|`b`\x1b[31m\n::error::\u202eevil@team #1 https://evil.example \x00"
)
SECRET = "hunter2-hunter2"

PUBLIC = Rule(
    "s3/public-access",
    "Buckets are closed to the public",
    Severity.CRITICAL,
    "public-exposure",
    "rego",
    why="Anyone on the internet can read an open bucket.",
    fix="Block public access on the bucket.",
    frameworks=("CIS AWS 3.0 2.1.4",),
)
ENCRYPTED = Rule(
    "s3/customer-key",
    "Buckets use a customer key",
    Severity.HIGH,
    "encryption",
    "rego",
    fix="Name a KMS key.",
)
TAGS = Rule("tags/required", "Required tags are set", Severity.LOW, "tags", "graph", why="Costs go by tag.")
SECRETS = Rule("secrets/in-clear", "No secret stands in clear", Severity.HIGH, "secrets", "rego")
UNMAPPED = Rule("projection/unmapped", "Every type is known", Severity.MEDIUM, "projection", "gate")
PROGRAM = Rule("program/stack-reference", "Stack references are known", Severity.MEDIUM, "program", "gate")
DESTRUCTIVE = Rule("change/destroys-data", "Data is not destroyed", Severity.CRITICAL, "change", "graph")
RULES = (PUBLIC, ENCRYPTED, TAGS, SECRETS, UNMAPPED, PROGRAM, DESTRUCTIVE)

SOURCES = {
    "stacks/aws.py": "import modules\n\nzones = modules.zones('raw')\n",
    "modules/storage.py": (
        "def zones(name):\n"
        '    bucket = aws.s3.Bucket(name, acl="public-read")\n'
        f'    database = aws.rds.Instance("db", password="{SECRET}")\n'
        f'    later = connect("db", "{SECRET}")\n'
    ),
}
ZONES = (CallSite("modules/storage.py", 2, "zones"), CallSite("stacks/aws.py", 3, "<module>"))
DATABASE = (CallSite("modules/storage.py", 4, "zones"), CallSite("stacks/aws.py", 3, "<module>"))
BUCKET = "aws:s3/bucket:Bucket"


def urn(environment: str, type_: str, name: str) -> str:
    return f"urn:pulumi:{environment}::sluice::{type_}::{name}"


def finding(
    rule: Rule,
    environment: str,
    name: str = "",
    type_: str = BUCKET,
    *,
    message: str = "",
    verdict: Verdict = Verdict.FAIL,
    sites: tuple[CallSite, ...] = (),
    attribute: str = "",
    waived: str | None = None,
    age: str = "new",
) -> Finding:
    return Finding(
        rule,
        verdict,
        message or f"{rule.title}: not so.",
        environment,
        urn(environment, type_, name) if name else "",
        name,
        type_ if name else "",
        sites,
        attribute,
        waived=waived,
        age=age,
    )


def _everywhere(environment: str) -> list[Finding]:
    acl = "The ACL lets everybody read."
    return [
        finding(TAGS, environment, "raw", sites=ZONES, message="The tag owner is missing.", age="existing"),
        finding(PUBLIC, environment, "raw", sites=ZONES, attribute="acl", message=acl),
        finding(PUBLIC, environment, "curated", sites=ZONES, attribute="acl", message=acl),
        finding(ENCRYPTED, environment, "raw", sites=ZONES, verdict=Verdict.UNDETERMINED),
        finding(SECRETS, environment, "db", "aws:rds/instance:Instance", sites=DATABASE),
    ]


def _only_prod(environment: str) -> list[Finding]:
    return [
        finding(PUBLIC, environment, HOSTILE, f"evil:{HOSTILE}", sites=(CallSite(HOSTILE, 7, HOSTILE),)),
        finding(UNMAPPED, environment, "Straße-数据-🪣", "aws:new/thing:Thing", sites=ZONES[1:]),
        finding(PROGRAM, environment, message="The stack aws-net is not known."),
        finding(DESTRUCTIVE, environment, "lake", message="The bucket lake goes away.", sites=ZONES),
        finding(
            TAGS, environment, "curated", sites=ZONES, waived="W-7, until 2027-01-31", message="No owner."
        ),
        finding(ENCRYPTED, environment, "old", sites=ZONES, age="fixed"),
    ]


def _changes(environment: str) -> list[Change]:
    return [
        Change("create", urn(environment, BUCKET, "new"), BUCKET, "new", site=ZONES[1]),
        Change("change", urn(environment, BUCKET, "raw"), BUCKET, "raw", ("acl", "tags.owner"), ZONES[0]),
        Change("delete", urn(environment, "a:b:Policy", "policy"), "a:b:Policy", "policy", site=ZONES[0]),
        Change("replace", urn(environment, BUCKET, "lake"), BUCKET, "lake", ("bucket",), ZONES[0]),
    ]


def sample(root: Path, *, base: str | None = "main") -> GateReport:
    """The report; writes the program that it quotes into `root`."""
    for name, text in SOURCES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    environments = []
    for name, tier in (("aws-dev", "dev"), ("aws-staging", "staging"), ("aws-prod", "prod")):
        prod = tier == "prod"
        found = _everywhere(name) + (_only_prod(name) if prod else [])
        environments.append(
            EnvironmentReport(
                name,
                tier,
                found,
                passed={PUBLIC.id: 3, TAGS.id: 20},
                resources_seen=27,
                resources_mapped=26 if prod else 27,
                resources_checked=25 if prod else 27,
                blocking={1, 2, 3, 4, 5, 8} if prod else {1, 2},
                changes=None if base is None else _changes(name) if prod else [],
                from_cache=tier == "dev",
                seconds=1.25,
            )
        )
    if base is None:
        for environment in environments:
            environment.findings = [replace(f, age="new") for f in environment.findings if f.age != "fixed"]
    return GateReport(
        environments,
        {rule.id: rule for rule in RULES},
        base,
        str(root),
        {"sluice": "0.1.0", "checkov": "3.3.30"},
        2.5,
    )


def clean(root: Path, *, checked: int = 10) -> GateReport:
    """A report without findings, in which `checked` of ten resources were looked at."""
    environment = EnvironmentReport(
        "aws-dev",
        "dev",
        passed={TAGS.id: 10},
        resources_seen=10,
        resources_mapped=10,
        resources_checked=checked,
    )
    return GateReport([environment], {TAGS.id: TAGS}, None, str(root))
