"""Where in the program something happens: the frames inside the repository's folder."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from types import FrameType, TracebackType

from policies.gate.graph import CallSite

_OURS = str(Path(__file__).resolve().parent) + os.sep
_INSTALLED = tuple(
    os.path.realpath(path) + os.sep for path in {sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib")}
)
_PARTS = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


class CallSites:
    """Tells the program's own frames from those of the SDK, of packages and of the capture."""

    def __init__(self, root: Path) -> None:
        self._root = str(root) + os.sep
        self._known: dict[str, str | None] = {}

    def here(self, frame: FrameType | None = None) -> tuple[CallSite, ...]:
        """The call stack inside the repository, innermost first."""
        found: list[CallSite] = []
        current = frame or sys._getframe(1)
        while current is not None:
            file = self.file(current.f_code.co_filename)
            if file is not None:
                found.append(CallSite(file, current.f_lineno, current.f_code.co_qualname))
            current = current.f_back  # type: ignore[assignment]
        return tuple(found)

    def of_error(self, error: BaseException) -> CallSite | None:
        """The last frame inside the repository that an error, or what it comes from, went through."""
        seen: set[int] = set()
        pending: BaseException | None = error
        while pending is not None and id(pending) not in seen:
            seen.add(id(pending))
            site = self._last(pending.__traceback__) or getattr(pending, "sluice_site", None)
            if site is not None:
                return site
            pending = pending.__cause__ or pending.__context__
        return None

    def _last(self, traceback: TracebackType | None) -> CallSite | None:
        found = None
        while traceback is not None:
            code = traceback.tb_frame.f_code
            file = self.file(code.co_filename)
            if file is not None:
                found = CallSite(file, traceback.tb_lineno, code.co_qualname)
            traceback = traceback.tb_next
        return found

    def file(self, name: str) -> str | None:
        """A file's path from the repository's folder, or None if it is not the program's own."""
        if name not in self._known:
            self._known[name] = self._relative(name)
        return self._known[name]

    def _relative(self, name: str) -> str | None:
        if not os.path.isabs(name) or not name.startswith(self._root):
            return None
        if name.startswith((_OURS, *_INSTALLED)) or any(part in name for part in _PARTS):
            return None
        return name[len(self._root) :].replace(os.sep, "/")
