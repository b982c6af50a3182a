"""Checks that checkov lacks. The gate loads them; `checkov --external-checks-dir` can too.

A check answers UNKNOWN where it has nothing to say of a resource.
"""
