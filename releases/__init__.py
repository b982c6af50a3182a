"""Releases: what ships, how it is built, stored, shipped, proven served, and taken back."""

from releases.airflow_api import AirflowAccess
from releases.ship import Shipped, ship_release

__all__ = ["AirflowAccess", "Shipped", "ship_release"]
