"""`python -m tests.stripe_double --port N`: a double that runs until it is interrupted."""

import argparse
import signal
import sys
from pathlib import Path

from .server import DoubleServer


def main() -> None:
    options = _options()
    server = DoubleServer(options.port, state_file=options.state)
    if options.webhook_url:
        server.listen_with(options.webhook_url, options.webhook_secret)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.stdout.write(f"Stripe double at {server.url}/\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.stripe_double", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default: a free one")
    parser.add_argument("--webhook-url", help="where the shop listens for events")
    parser.add_argument("--webhook-secret", help="whsec_..., what events are signed with")
    parser.add_argument("--state", type=Path, help="a file to remember everything in")
    options = parser.parse_args()
    if bool(options.webhook_url) != bool(options.webhook_secret):
        parser.error("--webhook-url and --webhook-secret go together")
    return options


if __name__ == "__main__":
    main()
