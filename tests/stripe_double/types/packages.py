"""Stripe's npm packages, installed once into .cache as package-lock.json pins them."""

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.engines.errors import CannotRun
from tests.stripe_double.state import Body

HERE = Path(__file__).parent
CACHE = Path(__file__).resolve().parents[3] / ".cache" / "stripe-types"
PINNED = (HERE / "package.json", HERE / "package-lock.json")
OLDEST_NODE = 18
MAX_WAIT = 300  # seconds


def require_node() -> None:
    """Raise CannotRun, with what to do, unless a recent Node.js with npm is on this machine."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise CannotRun("no Node.js and npm on this machine (Debian: apt-get install nodejs npm)")
    version = _run("node", "--version").strip()
    if int(version.lstrip("v").split(".")[0]) < OLDEST_NODE:
        raise CannotRun(f"Node.js {version} is too old: {OLDEST_NODE} or newer is needed")


def install() -> Path:
    """The folder with the pinned packages, installed unless it is there; raises CannotRun."""
    require_node()
    mark = hashlib.sha256(b"".join(path.read_bytes() for path in PINNED)).hexdigest()[:16]
    folder = CACHE / mark
    if folder.exists():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as draft:
        for path in PINNED:
            shutil.copy(path, draft)
        try:
            _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=Path(draft))
        except RuntimeError as error:
            raise CannotRun(f"Stripe's npm packages could not be installed: {error}") from error
        if not folder.exists():  # two runs may install at once
            shutil.copytree(draft, folder)
    return folder


def compare(double: Body) -> list[str]:
    """Each difference between a description of the double and Stripe's types, one line each.

    Raises CannotRun without Node.js or the packages.
    """
    found = _run("node", str(HERE / "compare.mjs"), str(install()), given=json.dumps(double))
    return list(json.loads(found))


def _run(*command: str, cwd: Path = HERE, given: str = "") -> str:
    done = subprocess.run(
        command, cwd=cwd, input=given, capture_output=True, text=True, check=False, timeout=MAX_WAIT
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:2])} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
