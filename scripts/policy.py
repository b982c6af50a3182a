"""`sluice policy`: which rules there are, what they mean, whether they look and whether they bite.

What judges is imported by the verbs that need it: this file is imported by every `sluice`.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from environments.problems import Exit, Refusal
from scripts.programs import Config, Fixtures, Folder, Name, Python, Stack, Variables, captured, target

if TYPE_CHECKING:
    from rich.table import Table

    from policies.gate.mutation.catalogue import Cloud, Mutation
    from policies.gate.mutation.score import Score

app = typer.Typer(help="Look at the policies: rules, tests, coverage, proof.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _rules(incomplete: str) -> list[str]:
    from policies.gate.rulebook import entries

    return [item.rule.id for item in entries() if item.rule.id.startswith(incomplete)]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List every rule, and every check of checkov's that another rule stands for."""
    from policies.gate.rulebook import entries

    found = entries()
    if as_json:
        _print_json([item.to_json() for item in found])
        return
    table = _table("rule", "engine", "severity", "category", "asks", folding="asks")
    for item in found:
        if not item.superseded:
            table.add_row(
                item.rule.id, item.rule.engine, str(item.severity), item.rule.category, item.rule.title
            )
    _print(table)
    left = [item for item in found if item.superseded]
    table = _table("not reported", "because", folding="because")
    for item in left:
        table.add_row(item.rule.id, item.superseded)
    _print(table)
    engines = [item.rule.engine for item in found if not item.superseded]
    counts = ", ".join(f"{engines.count(name)} {name}" for name in dict.fromkeys(engines))
    typer.echo(f"{len(engines)} rules ({counts}); {len(left)} checks that others stand for")


@app.command()
def explain(
    rule: Annotated[str, typer.Argument(help="A rule's id.", metavar="RULE", autocompletion=_rules)],
    as_json: AsJson = False,
) -> None:
    """Say why a rule is there, how to mend what it finds, and how to waive it."""
    from policies.gate import rulebook

    found = rulebook.entry(rule)
    said, where = found.rule, rulebook.defined_at(found.rule)
    if as_json:
        _print_json(
            {
                **found.to_json(),
                "why": said.why,
                "fix": said.fix,
                "frameworks": list(said.frameworks),
                "file": str(where.file),
                "line": where.line,
                "waiver": rulebook.waiver(said),
            }
        )
        return
    typer.echo(f"{said.id}: {said.title}\n")
    must = "" if said.mandatory else "; an unknown value never stops a change"
    rows = {
        "severity": f"{found.severity}, category {said.category}, engine {said.engine}{must}",
        "why": said.why,
        "fix": said.fix,
        "serves": ", ".join(said.frameworks),
        "defined": str(where),
        "not reported": found.superseded,
    }
    table = _table("", "", folding="")
    for name, text in rows.items():
        if text:
            table.add_row(name, text)
    table.show_header = False
    _print(table)
    if not found.superseded:
        typer.echo("to waive one finding, in policies/waivers.yaml:")
        typer.echo(rulebook.waiver(said))


@app.command()
def test(as_json: AsJson = False) -> None:
    """Run the tests of the Rego rules, with coverage, and those of our own checks and graph rules."""
    from policies.gate.rego_tests import report
    from policies.gate.rule_tests import python_tests

    found, others = report(), python_tests()
    clean = found.clean and others.clean
    if as_json:
        _print_json({"rego": found.to_json(), "python": others.to_json(), "clean": clean})
    else:
        typer.echo(f"Rego: {found.passed} tests passed, {found.coverage:.1f} % of the lines covered")
        for name in found.failures:
            typer.echo(f"✗ {name}")
        for name, verdicts in found.incomplete.items():
            typer.echo(f"✗ {name}: no test expects {' or '.join(verdicts)}")
        for file, lines in found.uncovered.items():
            typer.echo(f"  not covered: {file}:{', '.join(map(str, lines))}")
        typer.echo(f"checks and graph rules: {others.summary}")
        if not others.clean:
            typer.echo(others.output)
    if not clean:
        raise typer.Exit(Exit.CHECK_SAID_NO)


@app.command()
def coverage(
    environment: Name = None,
    program: Folder = None,
    stack: Stack = None,
    config: Config = None,
    fixtures: Fixtures = None,
    python: Python = None,
    env: Variables = None,
    as_json: AsJson = False,
) -> None:
    """Say of each type and attribute whether the projections know it, and which checks looked at it.

    checkov tells what it evaluated. Rego and graph rules are listed where they looked at such a resource and
    speak of the attribute by name.
    """
    from policies.gate.looked_at import as_json as printed
    from policies.gate.looked_at import looked_at, summary

    subject = target(environment, program, stack, config, fixtures=fixtures, python=python, variables=env)
    rows = looked_at(subject, captured(subject))
    if as_json:
        typer.echo(printed(rows))
        return
    table = _table("attribute", "mapped", "uses", "looked at by", folding="looked at by")
    shown = ""
    for item in rows:
        if item.row.type != shown:
            shown = item.row.type
            table.add_row(shown)
        if item.row.attribute or str(item.row.mapped) == "no":
            name = f"  {item.row.attribute or '(the whole type)'}"
            table.add_row(name, str(item.row.mapped), str(item.row.uses), _few(item.by))
    _print(table)
    total = summary(rows)
    typer.echo("{attributes} attributes: {mapped} mapped, {looked_at} looked at".format(**total))


@app.command()
def mutate(
    names: Annotated[list[str] | None, typer.Argument(help="Mutations, by name or a part of it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Plant misconfigurations and say which rule catches each.

    Exit code 1 if one survives that `policies/gate/mutation/survivors.yaml` does not account for.
    """
    from policies.gate.mutation import catalogue, score, trial

    clouds = catalogue.load()
    every = [(cloud, mutation) for cloud in clouds for mutation in cloud.mutations]
    reasons = score.reasons({mutation.name for _, mutation in every})
    found = score.Score(trial.run(_chosen(every, names or [])), reasons)
    if as_json:
        _print_json(found.to_json())
    else:
        _score(found)
    if not found.proved:
        raise typer.Exit(Exit.CHECK_SAID_NO)


def _chosen(every: list[tuple[Cloud, Mutation]], names: list[str]) -> list[tuple[Cloud, Mutation]]:
    if not names:
        return every
    for name in names:
        if not any(name in mutation.name for _, mutation in every):
            raise Refusal.because(
                f"no mutation is named `{name}`", remedy="see policies/gate/mutation/mutations/"
            )
    return [pair for pair in every if any(name in pair[1].name for name in names)]


def _score(found: Score) -> None:
    table = _table("planted", "caught by", folding="caught by")
    for one in found.trials:
        missed = one.missed(found.without)
        said = f"SURVIVED: {missed}" if missed else _few([item.rule for item in one.catches(found.without)])
        table.add_row(one.mutation.name, said)
    _print(table)
    for one in found.survivors:
        reason = found.reasons.get(one.mutation.name)
        typer.echo(
            f"{'·' if reason else '✗'} {one.subject.where}: {one.mutation.name}: {one.mutation.plants}"
        )
        if reason:
            typer.echo(f"  accepted: {reason}")
    for name in found.stale:
        typer.echo(f"✗ {name} is caught: remove its entry from policies/gate/mutation/survivors.yaml")
    evasions = sum(1 for one in found.trials if one.mutation.evasion)
    typer.echo(
        f"mutation score: {100 * found.caught / max(1, len(found.trials)):.1f} %:"
        f" {found.caught} caught of {len(found.trials)} planted, {evasions} of which are evasions"
    )


def _few(names: Any) -> str:
    shown = list(names)
    more = f" and {len(shown) - 4} more" if len(shown) > 4 else ""
    return ", ".join(shown[:4]) + more


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def _table(*columns: str, folding: str) -> Table:
    """A table that is read in 100 columns; `folding` is the one column that may need several lines."""
    # Rich costs a tenth of a second to import: only who prints a table pays for it.
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for index, column in enumerate(columns):
        last = index == len(columns) - 1
        table.add_column(column, overflow="fold", no_wrap=not (last and column == folding))
    return table


def _print(table: Table) -> None:
    from rich.console import Console

    console = Console(markup=False, highlight=False)
    # What is no terminal has no edge: lines that a program reads are not broken for it.
    console.width = console.width if console.is_terminal else max(console.width, 140)
    console.print(table)
