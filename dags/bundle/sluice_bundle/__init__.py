"""Serves whole, verified releases to Airflow."""
