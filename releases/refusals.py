"""What can go wrong with a store, said to a person."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from dags.bundle.sluice_bundle.errors import ReleaseDamaged, ReleaseError, StorageUnavailable
from environments.problems import Exit, Refusal
from releases.current import LostRace
from releases.lease import LeaseHeld, LeaseLost
from releases.swap import Outrun


@contextlib.contextmanager
def refused(verb: str, store_uri: str) -> Iterator[None]:
    """Turns errors of releases and their store into refusals."""
    try:
        yield
    except Outrun as error:
        raise Refusal.because(
            f"could not {verb}: {error}", remedy="do it again", exit_code=Exit.CHECK_SAID_NO
        ) from None
    except LostRace as error:
        raise Refusal.because(
            f"could not {verb}: meanwhile {error}",
            remedy="look at what was shipped, then do it again if yours is still wanted",
            exit_code=Exit.CHECK_SAID_NO,
        ) from None
    except (LeaseHeld, LeaseLost) as error:
        raise Refusal.because(
            f"could not {verb}: {error}",
            remedy="wait until that has ended, look at what was shipped, then do it again if yours is still wanted",
            exit_code=Exit.CHECK_SAID_NO,
        ) from None
    except StorageUnavailable as error:
        raise Refusal.because(
            f"could not {verb}: {error}",
            remedy=f"check that {store_uri} is there, and your credentials; then run the same again",
            exit_code=Exit.UNAVAILABLE,
        ) from None
    except ReleaseDamaged as error:
        raise Refusal.because(
            f"could not {verb}: {error}",
            remedy="ship that release again from its sources: what is damaged is then written anew",
            exit_code=Exit.CHECK_SAID_NO,
        ) from None
    except ReleaseError as error:
        raise Refusal.because(f"could not {verb}: {error}", exit_code=Exit.BAD_INPUT) from None
