"""gunicorn's threaded worker, without threads that wait for slow clients, and with our error page.

gunicorn gives a connection to a thread before the request has arrived, so a few slow clients would
stop the shop. Here the main loop of the worker receives the request; a thread gets it when it is
complete. A body of more than MAX_RECEIVED bytes is read by the thread, unless the path's limit
rejects it (`core/body_limits.py`).
"""

import logging
import re
import socket
import struct
import time
from functools import partial
from selectors import EVENT_READ, DefaultSelector
from typing import Any

from django.template.loader import render_to_string
from gunicorn import util
from gunicorn.glogging import Logger as GunicornLogger
from gunicorn.http import get_parser
from gunicorn.http.errors import LimitRequestHeaders
from gunicorn.workers.gthread import TConn, ThreadWorker

from microflight.core.log_formatters import RedactingFormatter

RECEIVE_SECONDS = 10  # for a whole request
THREAD_SECONDS = 10  # for each read and write of a thread
MAX_HEAD = 32 * 1024  # bytes
MAX_RECEIVED = 128 * 1024  # bytes, head included
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_EXPECT = re.compile(rb"\r\nexpect:", re.IGNORECASE)


def is_complete(received: bytes | bytearray) -> bool:
    """Return whether a thread can handle what has arrived without waiting for the client."""
    head, end, body = received.partition(_HEAD_END)
    if not end:
        return False
    length = _LENGTH.search(head + b"\r\n")
    size = int(length[1]) if length else 0
    return len(body) >= size or len(head) + size > MAX_RECEIVED or bool(_EXPECT.search(head))


def write_error(client: socket.socket, status: int, reason: str, message: str) -> None:
    """Send our page instead of gunicorn's for a request that is not HTTP, or too long."""
    name = "500.html" if status >= 500 else "errors/rejected.html"
    body = render_to_string(name).encode()
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: text/html; charset=utf-8"
        f"\r\nCache-Control: no-store\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(client, head.encode() + body)


util.write_error = write_error  # gunicorn has no setting for it


class Logger(GunicornLogger):
    """gunicorn's logs, without the secrets of links."""

    def _set_handler(self, log: logging.Logger, output: Any, fmt: Any, stream: Any = None) -> None:
        redacting = RedactingFormatter(fmt._fmt, fmt.datefmt)
        super()._set_handler(log, output, redacting, stream)


class Connection(TConn):
    """A connection whose request is being received."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.received = bytearray()

    def hand_over(self) -> None:
        """Prepare the connection for a thread."""
        wait = struct.pack("ll", THREAD_SECONDS, 0)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self.sock.setsockopt(socket.SOL_SOCKET, option, wait)
        self.parser = get_parser(self.cfg, self.sock, self.client)
        self.parser.unreader.unread(bytes(self.received))
        self.received.clear()
        self.initialized = self.data_ready = True


class WebWorker(ThreadWorker):
    """Receives requests in the main loop. For HTTP/1 without TLS or keep-alive, behind a proxy."""

    poller: DefaultSelector  # set before the first connection

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection and wait for its request, without a thread."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        connection = Connection(self.cfg, client, address, listener.getsockname())
        connection.timeout = time.monotonic() + RECEIVE_SECONDS
        self.pending_conns.append(connection)
        self.poller.register(client, EVENT_READ, partial(self.receive, connection))

    def receive(self, connection: Connection, client: socket.socket) -> None:
        """Add what has arrived; give a complete request to a thread."""
        try:
            data = client.recv(MAX_RECEIVED)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        connection.received += data
        too_long = len(connection.received) > MAX_HEAD and _HEAD_END not in connection.received
        if data and not too_long and not is_complete(connection.received):
            return
        self.poller.unregister(client)
        self.pending_conns.remove(connection)
        if data and not too_long:
            connection.hand_over()
            self.enqueue_req(connection)
            return
        if too_long:
            self.handle_error(None, client, connection.client, LimitRequestHeaders("too long"))
        self.nr_conns -= 1
        connection.close()
