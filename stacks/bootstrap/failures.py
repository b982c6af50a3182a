"""What Terraform says is wrong, at the Python line that asked for it, with what to do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from environments.problems import Exit, Location, Problem, Refusal

# Words of an error, and what to do about it; the first that fits.
_REMEDIES = (
    (
        r"openid_connect_provider.*EntityAlreadyExists|EntityAlreadyExists.*(OIDC|oidc|[Pp]rovider with url)",
        "the account has GitHub's provider already: say `ci: {account_knows_github: true}` in the environment's file",
    ),
    (r"BucketAlreadyExists", "names of buckets are one for the whole world: take another `project`"),
    (
        r"Error acquiring the state lock",
        "somebody else runs the bootstrap; wait for the end. Of a run that died, `terraform force-unlock` lifts it",
    ),
    (
        r"Failed to query available provider packages|Failed to install provider",
        "give Terraform a way to its registry, or a mirror of the provider (`terraform providers mirror`, then"
        " `provider_installation` in the file that TF_CLI_CONFIG_FILE names)",
    ),
    (
        r"prevent_destroy",
        "what holds data is protected in staging and prod; look at why it would be destroyed",
    ),
    (
        r"AccessDenied|UnauthorizedOperation|not authorized",
        "these credentials lack a right: use an administrator's",
    ),
    (
        r"valid credential sources|ExpiredToken|InvalidClientTokenId|failed to refresh cached credentials",
        "sign in (`aws sso login`), or set AWS_PROFILE",
    ),
)
_UNAVAILABLE = re.compile(
    r"provider packages|install provider|credential|ExpiredToken|InvalidClientTokenId|dial tcp|no such host"
    r"|connection refused|state lock"
)


def refusal(said: Sequence[Mapping[str, Any]], document: Mapping[str, Any], folder: Path) -> Refusal:
    """One refusal for all errors of a run.

    Args:
        said: Terraform's diagnostics, as its `-json` output has them.
        document: The root module, which knows the Python line of each resource.
        folder: Where Terraform ran.
    """
    problems = [_problem(one, document) for one in said if one.get("severity") == "error"]
    if not problems:
        problems = [Problem("terraform failed and did not say why", Location(folder), "run it there by hand")]
    text = " ".join(problem.what for problem in problems)
    code = Exit.UNAVAILABLE if _UNAVAILABLE.search(text) else Exit.CHECK_SAID_NO
    return Refusal(*dict.fromkeys(problems), exit_code=code)


def _problem(said: Mapping[str, Any], document: Mapping[str, Any]) -> Problem:
    address = str(said.get("address") or "")
    words = " ".join(f"{said.get('summary') or ''}: {said.get('detail') or ''}".strip(": ").split())
    what = f"{address}: {words[:1500]}" if address else words[:1500]
    remedy = next((remedy for pattern, remedy in _REMEDIES if re.search(pattern, what)), "")
    return Problem(what, source(address, document), remedy)


def told(text: str) -> dict[str, Any]:
    """A diagnostic for what a command says in words."""
    words = re.sub(r"[╷│╵]", " ", text)
    return {"severity": "error", "summary": words.split("Error: ", 1)[-1]}


def source(address: str, document: Mapping[str, Any]) -> Location | None:
    """The Python line that asked for a resource."""
    kind, _, name = address.partition(".")
    body = document.get("resource", {}).get(kind, {}).get(name)
    if body is None:
        return None
    file, _, line = body["//"]["metadata"]["stackTrace"][0].split(" ")[0].rpartition(":")
    return Location(Path(file), int(line))
