"""Checks that checkov lacks and a data platform needs. The gate loads them; `checkov --external-checks-dir` can too.

A check answers UNKNOWN where it has nothing to say of a resource.
"""
