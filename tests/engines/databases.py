"""Migrated databases to copy from: a SQLite file, or a PostgreSQL data folder."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.engines import postgres

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(sys.prefix).resolve().parent / ".cache"
_stop: list[Callable[[], None]] = []


def _fingerprint() -> str:
    """A name for the schema: changes with any migration of ours or any pinned package."""
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    helper = ROOT / "microflight" / "core" / "triggers.py"
    for path in sorted([helper, *ROOT.glob("*/**/migrations/*.py")]):
        if ".venv" not in path.parts:
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _migrate(url: str) -> None:
    env = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"]
    subprocess.run(command, check=True, env=env, cwd=ROOT)


def _sqlite_template() -> Path:
    CACHE.mkdir(exist_ok=True)
    template = CACHE / f"test-{_fingerprint()}.sqlite3"
    if not template.exists():
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            fresh = Path(folder) / "fresh.sqlite3"
            _migrate(f"sqlite:///{fresh}")
            fresh.rename(template)  # at once, for a second run beside this one
    return template


def start(engine: str) -> str:
    """Bring up the engine; return what workers need: `sqlite:<folder>` or `postgres:<url>`."""
    if engine == "sqlite":
        folder = Path(tempfile.mkdtemp(prefix="microflight-test-"))
        _stop.append(lambda: shutil.rmtree(folder, ignore_errors=True))
        _sqlite_template()
        return f"sqlite:{folder}"
    CACHE.mkdir(exist_ok=True)
    if running := postgres.running_server():
        return f"postgres:{postgres.make_template(running, f'shop_{_fingerprint()}', _migrate)}"
    server = postgres.Server(CACHE / f"pg-{_fingerprint()}", migrate=_migrate)
    _stop.append(server.stop)
    return f"postgres:{server.start()}"


def private_postgres(options: str) -> postgres.Server:
    """Return a PostgreSQL for one run alone, not started yet, on a copy of the migrated data."""
    CACHE.mkdir(exist_ok=True)
    return postgres.Server(CACHE / f"pg-{_fingerprint()}", migrate=_migrate, options=options)


def prepare_worker(engine: str, worker: str) -> None:
    """Make this process's own test database as a copy of the migrated one."""
    kind, _, where = engine.partition(":")
    if kind == "sqlite":
        name = Path(where) / "test.sqlite3"
        shutil.copy(_sqlite_template(), f"{name}_{worker}" if worker else name)
        os.environ["TEST_DATABASE_NAME"] = str(name)
        os.environ["DATABASE_URL"] = f"sqlite:///{where}/shop.sqlite3"
    else:
        postgres.copy_database(where, "test_shop_" + worker if worker else "test_shop")
        os.environ["TEST_DATABASE_NAME"] = "test_shop"
        os.environ["DATABASE_URL"] = where


def stop() -> None:
    """End and remove what this process started."""
    for undo in _stop:
        undo()
