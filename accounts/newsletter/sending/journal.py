"""What a worker writes down beside its talk with the mail server, for whoever finds it dead.

One file per worker, held by a lock that the kernel frees when the process ends, however it ends.
Lines are written into the page cache, which outlives a killed process, though not the machine's
end; hence the boot in the name.
"""

import fcntl
import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

ENDING = ".journal"
#: Seconds for which a settled journal stays: a claim that its dead worker sent off last may be
#: kept by the database a little later.
KEPT_FOR = 600.0


def folder() -> Path:
    """Return where the journals of this machine lie; make it where it is missing."""
    path: Path = settings.NEWSLETTER_JOURNALS
    path.mkdir(parents=True, exist_ok=True)
    return path


def boot() -> str:
    """Return what names this run of the machine; the same text for all where it has no name."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    return "unknown"


@dataclass(slots=True)
class Entry:
    """The last word on one delivery."""

    step: str  # about, gone, or one of the answers: taken, later, never
    words: str = ""


class Journal:
    """The file of one thread of a worker, from its first letter to its end."""

    def __init__(self) -> None:
        self.name = f"{boot()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self.path = folder() / f"{self.name}{ENDING}"
        fresh = self.path.with_suffix(".new")  # nobody may find it before it is locked
        self._file = os.open(fresh, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        fresh.rename(self.path)

    def about(self, pk: int) -> None:
        """The next step hands this delivery over."""
        os.write(self._file, b"about %d\n" % pk)

    def gone(self, pk: int) -> None:
        """The kernel has taken it and will pass it on, whatever becomes of us."""
        os.write(self._file, b"gone %d\n" % pk)

    def answered(self, pk: int, answer: str, words: str = "") -> None:
        """The server has answered: taken, later, never."""
        os.write(self._file, f"{answer} {pk} {' '.join(words.split())}\n".encode())

    def clear(self) -> None:
        """Forget everything; only when the database knows it."""
        os.ftruncate(self._file, 0)

    def read(self) -> dict[int, Entry]:
        """Return the last word on each delivery."""
        return entries(self.path.read_bytes())

    def close(self) -> None:
        """Let go of the file. Only tests end a worker so politely."""
        os.close(self._file)


def entries(written: bytes) -> dict[int, Entry]:
    """Read lines of a journal. What is no whole line was not written."""
    found: dict[int, Entry] = {}
    for line in written.decode(errors="replace").split("\n")[:-1]:
        step, _, rest = line.partition(" ")
        number, _, words = rest.partition(" ")
        if number.isdecimal():
            found[int(number)] = Entry(step, words)
    return found


_own = threading.local()


def mine() -> Journal:
    """Return the journal of this thread of this process; a fork opens its own."""
    if getattr(_own, "pid", None) != os.getpid():
        _own.pid, _own.journal = os.getpid(), Journal()
    journal: Journal = _own.journal
    return journal


def is_open() -> bool:
    """Tell whether this thread has a journal already."""
    return getattr(_own, "pid", None) == os.getpid()


def names_here() -> set[str]:
    """Return the names of all journals of this machine, of the living and the dead."""
    return {path.stem for path in folder().glob(f"*{ENDING}")}


@dataclass(frozen=True, slots=True)
class Legacy:
    """A dead worker's journal. `whole`: nothing that it wrote can be missing."""

    name: str
    entries: dict[int, Entry]
    whole: bool


@contextmanager
def inherited(path: Path) -> Iterator[Legacy | None]:
    """Open the journal of a dead worker; None where its worker lives, or somebody is at it. It is
    removed afterwards, once it is old."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield None
        return
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        whole = path.stem.startswith(f"{boot()}-")
        yield Legacy(path.stem, entries(path.read_bytes()), whole)
        if time.time() - os.fstat(file).st_mtime > KEPT_FOR:
            path.unlink(missing_ok=True)
    finally:
        os.close(file)
