"""`python -m sluice_bundle URI CACHE RELEASE HAVE`, started by `sync.run_apart`."""

import sys

from .sync import main

sys.exit(main(sys.argv[1:]))
