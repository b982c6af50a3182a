"""The `sluice` command: names the verbs and makes sure that no traceback reaches a person."""

from __future__ import annotations

import os
import sys

import typer

# Set by the launcher for this interpreter only; what we start must find its own modules.
os.environ.pop("PYTHONPATH", None)

from environments.problems import Exit, Refusal
from scripts import (
    bootstrap,
    capture,
    doctor,
    down,
    env,
    env_cost,
    env_shell,
    gate,
    logs,
    policy,
    project,
    query,
    rehearse,
    release,
    run,
    ship,
    status,
    up,
)

app = typer.Typer(
    help="Runs a multi-cloud data platform from one repository.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("up")(up.up)
app.command("down")(down.down)
app.command("status")(status.status)
app.command("doctor")(doctor.doctor)
app.command("logs")(logs.logs)
app.command("run")(run.run)
app.command("query")(query.query)
app.command("ship")(ship.ship)
app.command("rollback")(ship.rollback)
app.command("promote")(ship.promote)
app.add_typer(release.app, name="release")
app.command("gate")(gate.gate)
app.command("bootstrap")(bootstrap.bootstrap)
app.command("capture")(capture.capture)
app.command("project")(project.project)
app.command("rehearse")(rehearse.rehearse)
app.add_typer(policy.app, name="policy")
env.app.command("cost")(env_cost.cost)
env.app.command("shell")(env_shell.shell)
app.add_typer(env.app, name="env")


def main() -> None:
    """Runs one verb; its exit code is 0 fine, 1 the check said no, 2 bad input, 3 not available."""
    try:
        app(prog_name="sluice")
    except Refusal as refusal:
        for problem in refusal.problems:
            print(f"✗ {problem}", file=sys.stderr)
        sys.exit(int(refusal.exit_code))
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of a pipe (such as `head`) has gone; nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if os.environ.get("SLUICE_TRACEBACK"):
            raise
        print(
            f"✗ unexpected {type(error).__name__}: {str(error)[:500]}\n"
            "  this is a defect of Sluice; SLUICE_TRACEBACK=1 shows where",
            file=sys.stderr,
        )
        sys.exit(int(Exit.UNAVAILABLE))


if __name__ == "__main__":
    main()
