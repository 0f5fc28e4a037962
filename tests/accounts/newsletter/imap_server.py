"""A small IMAP server on loopback with one mailbox."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class ImapServer:
    """A mailbox that lives as long as the server. `log` holds each command that came."""

    name, secret = "bounces", "s3cret/"

    def __init__(self) -> None:
        self.mails: dict[str, bytes] = {}  # UID -> content
        self.log: list[str] = []
        self.hangs_up_at = ""  # the command at which the connection breaks
        self.port = 0
        self._next = 1
        self._marked: set[str] = set()

    def put(self, *raw: bytes) -> None:
        """Let emails arrive."""
        for each in raw:
            self.mails[str(self._next)] = each
            self._next += 1

    def url(self) -> str:
        """Return the URL of the mailbox, as in the settings."""
        return f"imap://{self.name}:s3cret%2F@127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one visit by the little of IMAP (RFC 3501) that emptying a folder takes."""
        writer.write(b"* OK ready\r\n")
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            self.log.append(line)
            if self.hangs_up_at and self.hangs_up_at in line:
                break
            tag, _, rest = line.partition(" ")
            if rest.startswith("LOGIN") and self.secret not in rest:
                writer.write(f"{tag} NO wrong password\r\n".encode())
                continue
            writer.write(self._answer(rest) + f"{tag} OK done\r\n".encode())
            await writer.drain()
            if rest == "LOGOUT":
                break
        writer.close()

    def _answer(self, rest: str) -> bytes:
        if rest == "LOGOUT":
            return b"* BYE\r\n"
        if rest == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n"
        if rest.startswith("SELECT"):
            return f"* {len(self.mails)} EXISTS\r\n".encode()
        if rest.startswith("UID SEARCH"):
            return ("* SEARCH " + " ".join(self.mails)).strip().encode() + b"\r\n"
        if rest == "EXPUNGE":
            for uid in self._marked:
                del self.mails[uid]
            self._marked.clear()
            return b""
        found = re.fullmatch(r"UID (FETCH|STORE) (\S+) (.*)", rest, re.IGNORECASE)
        if found is None:
            return b""
        uid, raw = found[2], self.mails[found[2]]
        if found[1] == "STORE":
            self._marked.add(uid)
            return b""
        part = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if "HEADER" in found[3] else raw
        head = f"* 1 FETCH (UID {uid} RFC822.SIZE {len(raw)} FLAGS () BODY[] {{{len(part)}}}\r\n"
        return head.encode() + part + b")\r\n"


@contextmanager
def serving() -> Iterator[ImapServer]:
    """A running server, in a thread of its own."""
    imap, loop = ImapServer(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(imap.serve, "127.0.0.1", 0)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(5)
    imap.port = server.sockets[0].getsockname()[1]
    try:
        yield imap
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
