"""The DAG bundle: Airflow's view of the releases in object storage."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from airflow.dag_processing.bundles.base import (
    BaseDagBundle,
    BundleVersion,
    get_bundle_tracking_file,
)
from airflow.utils.file import list_py_file_paths

from .cache import ReleaseCache
from .errors import ReleaseDamaged, ReleaseError, StorageUnavailable
from .manifest import is_release_id
from .sync import Current, run_apart

log = logging.getLogger(__name__)


class ReleaseDagBundle(BaseDagBundle):
    """Serves one whole, verified release at a time; the version of the bundle is the release's id.

    With a version, exactly that release or an error. Without, the one that the pointer names, and the
    last verified one for as long as that cannot be had; a store into which nothing was ever shipped is
    an empty folder.

    :param releases: URI of the store, such as `s3://bucket`, `gs://bucket` or `file:///folder`
    :param cache: folder to unpack to; default is Airflow's own place for versions of this bundle
    :param keep: how many unpacked releases stay on this machine besides those in use
    """

    supports_versioning = True

    def __init__(self, *, releases: str, cache: str | None = None, keep: int = 5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if self.version is not None and not is_release_id(self.version):
            raise ValueError(f"{self.version!r} is not a release id")
        self.releases = releases
        self.keep = max(keep, 1)
        self._cache = ReleaseCache(Path(cache) if cache else self.versions_dir, source=releases)
        self._current: str | None = self.version
        self._complaint: str | None = None
        self._touch_again = False
        self._leave: weakref.finalize[..., Any] | None = None
        self._mutex = threading.RLock()

    def initialize(self) -> None:
        """Makes `path` servable.

        Raises:
            ReleaseError: the wanted version cannot be had; or, without one, nothing at all can be
                served and it is not known that nothing is to be served. (An empty folder would make
                Airflow deactivate every DAG.)
        """
        with self._mutex, _disk_errors(self.releases):
            self._cache.folder.mkdir(parents=True, exist_ok=True)
            if self.version is not None:
                self._take(self.version)
            elif not self.is_initialized:
                self._start()
        super().initialize()

    def refresh(self) -> None:
        """Follows the pointer. Never fails: what cannot be had is logged, and what was good stays."""
        if self.version is not None:
            raise ReleaseError(f"{self!r} is bound to release {self.version} and cannot be refreshed")
        with self._mutex:
            self._mend_current()
            try:
                with _disk_errors(self.releases):
                    self._follow(run_apart(self.releases, self._cache.folder, have=self._current))
            except ReleaseError as error:
                self._complain(error)
                return
            if self._touch_again:
                # A parse of the old files may have ended after the switch and would be recorded as one
                # of the new release; one more parse sets that right.
                self._touch_again = False
                self._touch_dag_files()

    def get_current_version(self) -> BundleVersion | None:
        """The id of the release that `path` holds; None for the empty folder."""
        return BundleVersion(version=self._current) if self._current else None

    @property
    def path(self) -> Path:
        """The unpacked release's folder."""
        return self._cache.path(self._current) if self._current else self._cache.empty()

    def view_url(self, version: str | None = None) -> str | None:
        """The link of a release, if the bundle is configured with a `view_url_template`."""
        template = self.view_url_template()
        release = version or self.version
        return template.format(version=release) if template and release else None

    def _start(self) -> None:
        try:
            self._follow(run_apart(self.releases, self._cache.folder))
        except ReleaseError as error:
            last_good = self._cache.last_good()
            if last_good is None:
                raise
            self._cache.check(last_good)
            self._take(last_good)
            self._current = last_good
            self._complain(error)

    def _follow(self, current: Current) -> None:
        if not current.shipped and (self._current or self._cache.last_good()):
            # A pointer that was there does not go away by itself: somebody deleted it, or the bucket.
            raise ReleaseError(f"there is no pointer in {self.releases} any more")
        if current.release != self._current:
            self._switch(current.release)
        if self._complaint is not None:
            log.info("Bundle %s: releases can be had again, serving %s", self.name, self._current)
            self._complaint = None

    def _switch(self, release: str | None) -> None:
        leave = self._leave
        if release is None:
            self._leave = None
        else:
            self._take(release)
        self._cache.remember(release)
        before, self._current = self._current, release
        log.info("Bundle %s serves release %s, before it %s", self.name, release, before)
        if leave is not None:
            leave()
        if release is not None:
            self._touch_dag_files()
            self._touch_again = True
        for pruned in self._cache.prune(self.keep, self._not_running):
            log.info("Bundle %s: removed the unpacked release %s", self.name, pruned)

    def _take(self, release: str) -> None:
        """Holds a release for as long as this object lives or stays with it, and makes it whole."""
        self._cache.hold(release)
        leave = weakref.finalize(self, self._cache.drop, release)
        try:
            self._ensure(release)
        except BaseException:
            leave()
            raise
        self._leave = leave

    def _ensure(self, release: str) -> None:
        try:
            self._cache.check(release)
        except ReleaseDamaged as found:
            if self._cache.path(release).exists():
                log.warning("Bundle %s: fetching release %s again: %s", self.name, release, found)
            run_apart(self.releases, self._cache.folder, release=release)
            self._cache.check(release)

    def _mend_current(self) -> None:
        """What is served may have been damaged on disk, or removed by Airflow's own clean-up."""
        if self._current is None:
            return
        try:
            with _disk_errors(self.releases):
                self._ensure(self._current)
        except ReleaseError as error:
            self._complain(error)

    def _touch_dag_files(self) -> None:
        # Airflow parses a file at once only if its modification time is newer than its last parse.
        for path in list_py_file_paths(self.path):
            with contextlib.suppress(OSError):
                os.utime(path)

    def _complain(self, error: ReleaseError) -> None:
        complaint = f"{type(error).__name__}: {error}"
        # Addresses stay the same from one failure to the next, elapsed times do not.
        if complaint.split(" in ", 1)[0] != (self._complaint or "").split(" in ", 1)[0]:
            log.warning("Bundle %s keeps serving release %s: %s", self.name, self._current, complaint)
        self._complaint = complaint

    @contextlib.contextmanager
    def _not_running(self, release: str) -> Iterator[bool]:
        """Airflow holds a shared lock on a version's tracking file while a task of it runs."""
        tracking_file = get_bundle_tracking_file(self.name, release)
        if not tracking_file.exists():
            yield True
            return
        with tracking_file.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True


@contextlib.contextmanager
def _disk_errors(releases: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(f"the local disk failed while serving {releases}: {error}") from error
