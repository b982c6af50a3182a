"""Serves whole, verified releases to Airflow.

`sluice_bundle.ReleaseDagBundle` is what Airflow is configured with. It is imported on first use only, so
that everything else here works where there is no Airflow.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["ReleaseDagBundle"]


def __getattr__(name: str) -> Any:
    if name == "ReleaseDagBundle":
        return import_module(".bundle", __name__).ReleaseDagBundle
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
