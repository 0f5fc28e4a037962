"""A mailbox that a program empties, by POP3 or IMAP: both with the same three verbs."""

import imaplib
import poplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TIMEOUT = 30  # seconds, for each answer of the server
_AT_HOME = {"127.0.0.1", "localhost", "::1"}
#: Servers send lines of thousands of characters, which poplib takes for an attack.
_LONGEST_LINE = 1_000_000  # bytes


class Mailbox(Protocol):
    """A mailbox that is open."""

    def names(self) -> list[tuple[str, int]]:
        """Return what lies in it, the oldest first: a lasting name and the size in bytes."""

    def read(self, name: str) -> bytes:
        """Return one mail as it came."""

    def delete(self, name: str) -> None:
        """Remove one mail; it is gone for good when the mailbox is closed in peace."""


@contextmanager
def opened(url: str) -> Iterator[Mailbox]:
    """Open the mailbox of an address such as `pop3s://name:secret@host` or
    `imaps://name:secret@host/Folder`.

    Without the "s" the secret would travel in the clear: only for this machine. Raises
    ImproperlyConfigured for another address, OSError, poplib.error_proto or imaplib.IMAP4.error
    where the server does not play along.
    """
    parts = urlsplit(url)
    host, name, secret = parts.hostname or "", unquote(parts.username or ""), parts.password or ""
    if parts.scheme not in {"pop3", "pop3s", "imap", "imaps"} or not host or not name:
        raise ImproperlyConfigured("A mailbox is pop3s://name:secret@host, or imaps:// likewise.")
    if not parts.scheme.endswith("s") and host not in _AT_HOME:
        raise ImproperlyConfigured("Without TLS a mailbox is read on this machine only.")
    opener = _pop3 if parts.scheme.startswith("pop3") else _imap
    secure = ssl.create_default_context() if parts.scheme.endswith("s") else None
    folder = unquote(parts.path.strip("/")) or "INBOX"
    with opener(host, parts.port, secure, name, unquote(secret), folder) as box:
        yield box


class _Pop3:
    """POP3: numbers hold for one visit only, so mails are known by their UIDL."""

    def __init__(self, server: poplib.POP3) -> None:
        self.server = server
        self.numbers: dict[str, int] = {}

    def names(self) -> list[tuple[str, int]]:
        """Return UIDL and size of each mail."""
        sizes = dict(_pair(line) for line in self.server.list()[1])
        for line in self.server.uidl()[1]:
            number, _, name = line.decode("ascii", "replace").partition(" ")
            self.numbers[name] = int(number)
        return [(name, int(sizes[str(number)])) for name, number in self.numbers.items()]

    def read(self, name: str) -> bytes:
        """Return one mail, whole."""
        return b"\r\n".join(self.server.retr(self.numbers[name])[1])

    def delete(self, name: str) -> None:
        """Mark one mail; the server removes it at QUIT."""
        self.server.dele(self.numbers[name])


def _pair(line: bytes) -> tuple[str, str]:
    number, _, rest = line.decode("ascii", "replace").partition(" ")
    return number, rest.split(" ")[0]


@contextmanager
def _pop3(
    host: str, port: int | None, secure: ssl.SSLContext | None, name: str, secret: str, folder: str
) -> Iterator[_Pop3]:
    server: poplib.POP3
    if secure:
        server = poplib.POP3_SSL(host, port or 995, timeout=_TIMEOUT, context=secure)
    else:
        server = poplib.POP3(host, port or 110, timeout=_TIMEOUT)
    try:
        server.user(name)
        server.pass_(secret)
        yield _Pop3(server)
        server.quit()  # only now is anything deleted
    finally:
        server.close()


class _Imap:
    """IMAP: mails are known by their UID in the folder."""

    def __init__(self, server: imaplib.IMAP4) -> None:
        self.server = server

    def names(self) -> list[tuple[str, int]]:
        """Return UID and size of each mail that is not marked as deleted."""
        _, found = self.server.uid("SEARCH", "UNDELETED")
        uids = (found[0] or b"").split()
        if not uids:
            return []
        _, rows = self.server.uid("FETCH", b",".join(uids).decode(), "(RFC822.SIZE)")
        sizes = dict(_uid_and_size(row) for row in rows if isinstance(row, bytes))
        return [(uid.decode(), sizes.get(uid.decode(), 0)) for uid in uids]

    def read(self, name: str) -> bytes:
        """Return one mail without marking it as read by a person."""
        _, rows = self.server.uid("FETCH", name, "(BODY.PEEK[])")
        return next(row[1] for row in rows if isinstance(row, tuple))

    def delete(self, name: str) -> None:
        """Mark one mail; it is removed when the folder is closed."""
        self.server.uid("STORE", name, "+FLAGS.SILENT", r"(\Deleted)")


def _uid_and_size(row: bytes) -> tuple[str, int]:
    """`1 (UID 7 RFC822.SIZE 512)` in any order of its fields."""
    words = row.decode("ascii", "replace").replace("(", " ").replace(")", " ").split()
    after = dict(zip(words, words[1:], strict=False))
    return after.get("UID", ""), int(after.get("RFC822.SIZE", "0"))


@contextmanager
def _imap(
    host: str, port: int | None, secure: ssl.SSLContext | None, name: str, secret: str, folder: str
) -> Iterator[_Imap]:
    server: imaplib.IMAP4
    if secure:
        server = imaplib.IMAP4_SSL(host, port or 993, ssl_context=secure, timeout=_TIMEOUT)
    else:
        server = imaplib.IMAP4(host, port or 143, timeout=_TIMEOUT)
    try:
        server.login(name, secret)
        server.select(f'"{folder}"')
        yield _Imap(server)
        server.close()  # removes what is marked
    finally:
        server.logout()


poplib._MAXLINE = _LONGEST_LINE  # type: ignore[attr-defined]
