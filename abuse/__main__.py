"""`python -m abuse`."""

import signal
import sys

from abuse.options import parse
from abuse.run import main

_STOPPED = 130

if __name__ == "__main__":
    # Whoever is told to stop still removes what was made.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main(parse()))
    except KeyboardInterrupt:
        sys.exit(_STOPPED)
