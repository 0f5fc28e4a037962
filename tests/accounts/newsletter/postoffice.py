"""A small POP3 server and a small IMAP server on loopback, each with one mailbox."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Office:
    """A mailbox that lives as long as the server. `log` holds each command that came."""

    name, secret = "bounces", "s3cret/"

    def __init__(self) -> None:
        self.mails: dict[str, bytes] = {}  # lasting name -> what it says
        self.log: list[str] = []
        self.hangs_up_at = ""  # the command at which the line goes dead
        self.port = 0
        self._next = 1

    def put(self, *raw: bytes) -> None:
        """Let mails arrive."""
        for each in raw:
            self.mails[str(self._next)] = each
            self._next += 1

    def url(self, scheme: str = "pop3") -> str:
        """The address of the mailbox, as the settings name it."""
        return f"{scheme}://{self.name}:s3cret%2F@127.0.0.1:{self.port}"

    async def _lines(self, reader: asyncio.StreamReader) -> str:
        line = (await reader.readline()).decode().rstrip("\r\n")
        if line:
            self.log.append(line)
        if self.hangs_up_at and self.hangs_up_at in line:
            raise ConnectionResetError
        return line

    async def pop3(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one visit by POP3 (RFC 1939): what is marked goes at QUIT, and only then."""
        listed = dict(enumerate(self.mails, 1))
        marked: set[int] = set()
        writer.write(b"+OK ready\r\n")
        try:
            while line := await self._lines(reader):
                verb, _, rest = line.partition(" ")
                if verb.upper() == "QUIT":
                    for number in marked:
                        del self.mails[listed[number]]
                writer.write(self._pop3_answer(verb.upper(), rest, listed, marked))
                await writer.drain()
                if verb.upper() == "QUIT":
                    break
        except ConnectionResetError:
            pass
        writer.close()

    def _pop3_answer(self, verb: str, rest: str, listed: dict[int, str], marked: set[int]) -> bytes:
        if verb == "PASS" and rest != self.secret:
            return b"-ERR no\r\n"
        if verb == "LIST":
            rows = [f"{number} {len(self.mails[name])}" for number, name in listed.items()]
            return ("\r\n".join(["+OK", *rows, "."]) + "\r\n").encode()
        if verb == "UIDL":
            rows = [f"{number} uid-{name}" for number, name in listed.items()]
            return ("\r\n".join(["+OK", *rows, "."]) + "\r\n").encode()
        if verb == "RETR":
            raw = self.mails[listed[int(rest)]]
            return b"+OK\r\n" + re.sub(rb"(?m)^\.", b"..", raw) + b"\r\n.\r\n"
        if verb == "DELE":
            marked.add(int(rest))
        return b"+OK\r\n"

    async def imap(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one visit by the little of IMAP (RFC 3501) that emptying a folder takes."""
        marked: set[str] = set()
        writer.write(b"* OK ready\r\n")
        try:
            while line := await self._lines(reader):
                tag, _, rest = line.partition(" ")
                if rest == "CLOSE":
                    for name in marked:
                        del self.mails[name]
                writer.write(self._imap_answer(rest, marked))
                writer.write(f"{tag} OK done\r\n".encode())
                await writer.drain()
                if rest == "LOGOUT":
                    break
        except ConnectionResetError:
            pass
        writer.close()

    def _imap_answer(self, rest: str, marked: set[str]) -> bytes:
        if rest == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n"
        if rest.startswith("SELECT"):
            return f"* {len(self.mails)} EXISTS\r\n".encode()
        if rest.startswith("UID SEARCH"):
            return ("* SEARCH " + " ".join(self.mails)).strip().encode() + b"\r\n"
        found = re.fullmatch(r"UID (FETCH|STORE) (\S+) (.*)", rest)
        if found is None:
            return b""
        if found[1] == "STORE":
            marked.add(found[2])
            return b""
        if "SIZE" in found[3]:
            rows = [
                f"* {at} FETCH (UID {name} RFC822.SIZE {len(self.mails[name])})\r\n"
                for at, name in enumerate(found[2].split(","), 1)
            ]
            return "".join(rows).encode()
        raw = self.mails[found[2]]
        return f"* 1 FETCH (UID {found[2]} BODY[] {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"


@contextmanager
def serving(kind: str = "pop3") -> Iterator[Office]:
    """A running server, in a thread of its own."""
    office, loop = Office(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(getattr(office, kind), "127.0.0.1", 0)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(5)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
