"""Where Terraform is, and where its AWS provider comes from.

The provider is 700 MB. It is taken from the first of: what an earlier run kept in `.sluice/`, the user's plugin
cache, and what the user's own Terraform configuration says (a mirror, or the registry). What had to be
downloaded or unpacked is kept.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from environments import places
from environments.problems import Exit, Refusal
from policies.gate.projection.root_module import VERSIONS

KEPT = places.STATE / "cache" / "terraform-plugins"
SOURCE = "registry.terraform.io/hashicorp/aws"
VERSION = VERSIONS["aws"]

HOW_TO_GET_IT = (
    f"Terraform looks for {SOURCE} {VERSION} in three places; give it one of them: "
    "a plugin cache that has it (TF_PLUGIN_CACHE_DIR), "
    "a mirror (`terraform providers mirror DIR` where there is a network, then `provider_installation` in "
    "the file that TF_CLI_CONFIG_FILE names), or a way to registry.terraform.io (HTTPS_PROXY)"
)

_CACHE_SETTING = re.compile(r'^\s*plugin_cache_dir\s*=\s*"([^"]+)"', re.MULTILINE)
# What `init` may see of the user's: where Terraform is configured and how the network is reached. No AWS.
_USERS = re.compile(
    r"PATH|HOME|USERPROFILE|APPDATA|XDG_[A-Z_]+|TF_CLI_CONFIG_FILE|TERRAFORM_CONFIG|SSL_CERT_(FILE|DIR)"
    r"|(HTTPS?|NO)_PROXY|(https?|no)_proxy|TMPDIR|LANG"
)
_NO_PROVIDER = ("available provider packages", "list of available versions", "Failed to install provider")


@dataclass(frozen=True)
class Installation:
    """A Terraform that runs on this machine."""

    program: Path
    version: str
    platform: str
    """As providers' folders are named: `linux_amd64`."""

    def provider_in(self, plugins: Path) -> Path:
        """The provider's folder in a plugin cache or an unpacked mirror."""
        return plugins / SOURCE / VERSION / self.platform


def find() -> Installation:
    """The Terraform on PATH.

    Raises:
        Refusal: there is none, or it does not run.
    """
    program = shutil.which("terraform")
    if program is None:
        raise Refusal.because(
            "terraform is not installed",
            remedy="install Terraform 1.10 or later and put it on PATH; `./sluice doctor` shows what else is missing",
            exit_code=Exit.UNAVAILABLE,
        )
    try:
        answer = subprocess.run(
            [program, "version", "-json"], capture_output=True, text=True, timeout=60, env=_of_the_user()
        )
        said = json.loads(answer.stdout)
        return Installation(Path(program), said["terraform_version"], said["platform"])
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError) as error:
        raise Refusal.because(
            f"{program} does not say its version: {type(error).__name__}",
            remedy="install Terraform 1.10 or later",
            exit_code=Exit.UNAVAILABLE,
        ) from None


def initialise(installation: Installation, work: Path, configuration: Path) -> None:
    """Runs `terraform init` in a folder; afterwards nothing of the user's configuration is needed any more.

    Args:
        installation: Terraform.
        work: The folder with the root module.
        configuration: Where to write a CLI configuration, for when the provider is already at hand.

    Raises:
        Refusal: the provider is nowhere to be had, or the module cannot be initialised.
    """
    plugins = next((one for one in _caches() if installation.provider_in(one).is_dir()), None)
    environment = _of_the_user()
    if plugins is not None:
        configuration.write_text(
            f"provider_installation {{\n  filesystem_mirror {{\n    path = {json.dumps(str(plugins))}\n  }}\n}}\n"
        )
        environment["TF_CLI_CONFIG_FILE"] = str(configuration)
    # A long time: the first run may download the provider.
    done = subprocess.run(
        [installation.program, "init", "-no-color", "-input=false", "-backend=false"],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        timeout=1800,
    )
    if done.returncode == 0:
        _keep(installation, work)
        return
    told = " ".join(re.sub("[│╷╵]", " ", done.stderr).partition("Error: ")[2].split())
    if any(sign in told for sign in _NO_PROVIDER):
        raise Refusal.because(
            f"the provider hashicorp/aws {VERSION} is nowhere to be had: {told[-600:]}",
            remedy=HOW_TO_GET_IT,
            exit_code=Exit.UNAVAILABLE,
        )
    raise Refusal.because(
        f"terraform init failed: {told[-1500:]}",
        remedy="mend what Terraform says; its configuration is the file that TF_CLI_CONFIG_FILE names",
        exit_code=Exit.UNAVAILABLE,
    )


def _caches() -> list[Path]:
    """Folders that hold unpacked providers: our own, then the user's."""
    found = [KEPT]
    if named := os.environ.get("TF_PLUGIN_CACHE_DIR"):
        found.append(Path(named))
    for file in (os.environ.get("TF_CLI_CONFIG_FILE"), Path.home() / ".terraformrc"):
        try:
            settings = _CACHE_SETTING.search(Path(file).read_text()) if file else None
        except (OSError, UnicodeDecodeError):
            continue
        if settings:
            found.append(Path(os.path.expandvars(settings[1])).expanduser())
        break
    return found


def _of_the_user() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if _USERS.fullmatch(name)}
    return {**kept, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}


def _keep(installation: Installation, work: Path) -> None:
    """Keeps a provider that was downloaded or unpacked; whole or not at all, and never twice."""
    found = installation.provider_in(work / ".terraform" / "providers")
    kept = installation.provider_in(KEPT)
    if found.is_symlink() or not found.is_dir() or kept.exists():
        return
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=KEPT.parent, prefix=".terraform-plugins-") as beside:
            shutil.copytree(found, Path(beside) / "provider").rename(kept)
    except OSError:
        # No room, or no right to write: the next run gets it the same way as this one.
        return
