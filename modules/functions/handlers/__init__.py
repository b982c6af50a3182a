"""One package per function: `handler.py` holds `handler(event, context)`, `requirements.txt` what is vendored."""
