"""Exports what Airflow knows and nothing else holds: variables, connections' names, run history, the release."""
