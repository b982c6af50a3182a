"""The release gate asked of a checkout and an environment: what is served there now, and what it offers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from dags.bundle.sluice_bundle.errors import ReleaseError
from dags.bundle.sluice_bundle.storage import ObjectStorage
from dags.bundle.sluice_bundle.store import ReleaseStore
from environments.manifest import PlatformManifest
from environments.problems import Refusal
from releases.build import Release
from releases.contents import Contents, describe
from releases.fetch import fetch
from releases.gate.finding import Finding
from releases.gate.invoke import Judged, Subject, check
from releases.gate.requirements import wanted
from releases.targets import Target

# Where the platform's stack leaves it in the releases zone (`modules/release/spec.py`).
PLATFORM_MANIFEST = "platform/manifest.json"


@dataclass(frozen=True)
class There:
    """What is known of an environment."""

    manifest: PlatformManifest | None = None
    before: Contents | None = None
    """The release that it serves; None where it serves none."""
    unknown: str = ""
    """Why nothing more is known; empty where all is."""


def judge(release: Release, target: Target, root: Path) -> Judged:
    """Judges a release for an environment. What cannot be asked of it is an undetermined finding, never a pass.

    Raises:
        Refusal: as `releases.gate.invoke.check` does.
    """
    there = look(target)
    judged = check(Subject(release.files, wanted(root), target.environment, there.manifest, there.before))
    if there.unknown:
        judged.findings.append(
            Finding(
                "release/before",
                f"what `{target.name}` serves is not known, so no change could be judged: {there.unknown}",
                remedy="ask again where its store can be read",
                undetermined=True,
            )
        )
    return judged


def stopping(judged: Judged, target: Target) -> list[Finding]:
    """The findings that stop a ship: all that fail, and where the environment asks for it, the undetermined ones."""
    strict = target.environment.enforcement.fail_undetermined
    return [finding for finding in judged.findings if strict or not finding.undetermined]


def look(target: Target) -> There:
    """Reads the platform manifest and the current release of an environment."""
    storage = ObjectStorage(target.store)
    store = ReleaseStore(storage)
    try:
        pointer = store.read_pointer()
        current = pointer.pointer.release if pointer else None
        before = describe(current[:12], fetch(store, current).files) if current else None
        found = storage.get(PLATFORM_MANIFEST)
        manifest = PlatformManifest.model_validate_json(found.data) if found else None
    except (ReleaseError, Refusal) as error:
        # A release of before that cannot be read must not stand in the way of the one that mends it.
        return There(unknown=str(error))
    except ValidationError as error:
        return There(unknown=f"its platform manifest is not one that this release understands: {error}")
    return There(manifest, before)
