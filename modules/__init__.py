"""One package per capability: `spec.py` says what it takes and gives, one file per cloud makes it."""
