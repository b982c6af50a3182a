"""Gate reports of any shape, with texts of any characters, for properties that every format must keep."""

from __future__ import annotations

from hypothesis import strategies as st

from policies.gate.graph import CallSite
from policies.gate.report import Change, EnvironmentReport, GateReport
from policies.gate.verdicts import Finding, Rule, Severity, Verdict
from tests.unit.gate.reports.sample_reports import HOSTILE

# With surrogates and control characters: a Python string may hold them, so a name may.
TEXT = st.text(max_size=12) | st.text(st.characters(), max_size=6) | st.just(HOSTILE)
IDS = st.from_regex(r"[a-z]{2,8}/[a-z-]{2,12}", fullmatch=True)
CATEGORIES = st.sampled_from(["iam", "change", "secrets", "projection", "program"])

RULES = st.builds(
    Rule,
    id=IDS,
    title=TEXT,
    severity=st.sampled_from(Severity),
    category=CATEGORIES,
    engine=st.sampled_from(["rego", "graph"]),
    why=TEXT,
    fix=TEXT,
    frameworks=st.lists(TEXT, max_size=2).map(tuple),
)
SITES = st.builds(
    CallSite,
    file=st.sampled_from(["stacks/aws.py", "a b/ü.py"]) | TEXT,
    line=st.integers(1, 99),
    function=TEXT,
)


@st.composite
def _findings(draw: st.DrawFn, rules: list[Rule], environment: str) -> Finding:
    name = draw(TEXT)
    return Finding(
        rule=draw(st.sampled_from(rules)),
        verdict=draw(st.sampled_from([Verdict.FAIL, Verdict.UNDETERMINED])),
        message=draw(TEXT),
        environment=environment,
        urn=f"urn:pulumi:{environment}::sluice::a:b:C::{name}" if name else "",
        name=name,
        type="a:b:C" if name else "",
        sites=tuple(draw(st.lists(SITES, max_size=3))),
        attribute=draw(TEXT),
        fix=draw(TEXT),
        waived=draw(st.none() | TEXT),
        age=draw(st.sampled_from(["new", "existing", "fixed"])),
    )


@st.composite
def gate_reports(draw: st.DrawFn) -> GateReport:
    rules = draw(st.lists(RULES, min_size=1, max_size=4, unique_by=lambda rule: rule.id))
    base = draw(st.none() | TEXT)
    environments = []
    for name in draw(st.lists(st.sampled_from(["aws-dev", "aws-prod", HOSTILE]), max_size=3, unique=True)):
        findings = draw(st.lists(_findings(rules, name), max_size=6))
        open_ones = [i for i, f in enumerate(findings) if f.waived is None and f.age != "fixed"]
        seen = draw(st.integers(0, 50))
        changes = st.builds(
            Change, st.sampled_from(["create", "delete", "replace"]), TEXT, TEXT, TEXT, site=st.none() | SITES
        )
        environments.append(
            EnvironmentReport(
                name,
                draw(st.sampled_from(["dev", "prod"])),
                findings,
                {rule.id: draw(st.integers(0, 9)) for rule in rules},
                seen,
                draw(st.integers(0, seen)),
                draw(st.integers(0, seen)),
                set(draw(st.lists(st.sampled_from(open_ones)))) if open_ones else set(),
                None if base is None else draw(st.lists(changes, max_size=4)),
            )
        )
    return GateReport(environments, {rule.id: rule for rule in rules}, base, "/nowhere", {"sluice": "1"})
