"""checkov as an engine: warm in one process of its own environment, with our severities and our names.

`engine.py`, `catalogue.py` and `attributes.py` run with the gate; the other modules run beside checkov.
"""
