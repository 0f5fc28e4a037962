"""`make storm [ORDERS=2000] [SEED=1]`."""

import argparse
import signal
import sys
from pathlib import Path

from tests.storm.storm import Storm


def main() -> int:
    """Read the arguments, and return the storm's exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.storm", description=__doc__)
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calm", action="store_true", help="no faults and no kills")
    parser.add_argument("--wild", action="store_true", help="four times as many of both")
    parser.add_argument("--folder", type=Path, help="for the logs; var/storm-SEED-ORDERS")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # everything that was started ends too
    return Storm(**vars(options)).run()


if __name__ == "__main__":
    sys.exit(main())
