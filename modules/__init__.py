"""One package per capability of a platform: `spec.py` says what it takes and gives, one file per cloud makes it."""
