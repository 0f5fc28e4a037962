"""gunicorn as the shop runs it: slow clients, large bodies, requests that are not HTTP."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from subprocess import STDOUT
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from microflight.core.body_limits import body_limit
from microflight.web_worker import MAX_HEAD, MAX_RECEIVED, is_complete
from tests.bench.servers import wait_for_answer
from tests.engines.postgres import free_port

THREADS = 2
MB = 1024 * 1024
ROOT = Path(settings.BASE_DIR)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that the web process writes."""
    return tmp_path_factory.mktemp("log") / "log"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, log: Path) -> Iterator[int]:
    """A web process of two threads that logs each request."""
    port, var = free_port(), tmp_path_factory.mktemp("web")
    env = os.environ | {
        "DEMO": "1", "SECRET_KEY": "only-for-this-test", "VAR_DIR": str(var),
        "DATABASE_URL": f"sqlite:///{var}/empty.sqlite3", "REDIS_URL": settings.REDIS_URL,
        "BIND": f"127.0.0.1:{port}", "SITE_URL": f"http://127.0.0.1:{port}",
        "WEB_CONCURRENCY": "1", "WEB_THREADS": str(THREADS), "LOG_LEVEL": "INFO", "ACCESS_LOG": "1",
        "DJANGO_SETTINGS_MODULE": "microflight.settings",
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "microflight.wsgi", "--config",
               "microflight/gunicorn.py", "--log-level", "debug"]  # fmt: skip
    server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log.open("w"), stderr=STDOUT)
    try:
        wait_for_answer(f"http://127.0.0.1:{port}/health/")
        yield port
    finally:
        server.terminate()
        server.wait(timeout=60)


def _raw(port: int, sent: bytes, timeout: float = 30) -> str:
    """Send bytes; return the whole answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as client:
        client.sendall(sent)
        received = b""
        while data := client.recv(65536):
            received += data
        return received.decode()


def _get(port: int, path: str = "/health/") -> tuple[int, float]:
    """Return the status of a page, and the seconds that it took."""
    start = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status, time.monotonic() - start


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: a=",
        b"POST /cart/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000\r\n\r\na=",
    ],
    ids=["silent", "line", "head", "body"],
)
def test_slow_clients_take_no_thread(port: int, beginning: bytes):
    # Mutation: with gunicorn's own worker, /health/ took as long as the slow clients waited
    with ExitStack() as stack:
        for _ in range(THREADS * 10):
            slow = socket.create_connection(("127.0.0.1", port), timeout=30)
            stack.callback(slow.close)
            slow.sendall(beginning)
        status, seconds = _get(port, "/robots.txt")
    assert status == 200
    assert seconds < 3


def test_slow_clients_are_disconnected(port: int):
    # Mutation: `accept` set no timeout, and the connection stayed open
    assert _raw(port, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie:") == ""


def test_request_in_small_packets_is_answered(port: int):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"GET /robots.txt HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n":
            client.sendall(bytes([byte]))
        answer = client.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "path",
    ["/", "/cart/", "/no-such-page/", "/static/css/site.css", "/admin/", "/orders/a/b/return/"],
)
def test_body_of_60_mb_is_rejected_without_reading_it(port: int, path: str):
    # Mutation: without BodyLimitMiddleware the answers were 403 and 404, after the whole body
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {60 * MB}\r\n\r\n"
    answer = _raw(port, head.encode())  # the body is never sent
    assert answer.startswith("HTTP/1.1 413")
    assert "This request is too large or incomplete" in answer
    assert "Content-Security-Policy: default-src" in answer


def test_chunked_body_is_rejected(port: int):
    head = b"POST /cart/ HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert _raw(port, head + b"2\r\nab\r\n0\r\n\r\n").startswith("HTTP/1.1 411")


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1", 414),
        (b"GET /search/?q=" + b"a" * 20_000 + b" HTTP/1.1", 414),
        (b"hello", 400),
        (b"GET / HTTP/9.9", 400),
        (b"GET / HTTP/1.1\r\nNo colon", 400),
        (b"GET / HTTP/1.1\r\nCookie: " + b"a" * 20_000, 431),
        (b"GET / HTTP/1.1\r\nCookie: " + b"a" * MAX_HEAD, 431),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip", 400),
    ],
    ids=["long", "longer", "words", "version", "header", "cookie", "endless", "encoding"],
)
def test_request_that_gunicorn_rejects_gets_our_page(port: int, request_line: bytes, status: int):
    # Mutation: without write_error, gunicorn's page said "Request Line is too large (5014 > 4094)"
    answer = _raw(port, request_line + b"\r\nHost: 127.0.0.1\r\n\r\n")
    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert 'href="/static/css/site.css"' in answer
    assert "too large (" not in answer


@pytest.mark.parametrize(
    ("received", "complete"),
    [
        (b"", False),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab", False),
        (b"POST / HTTP/1.1\r\ncontent-LENGTH:3 \r\n\r\nabc", True),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\na" % MAX_RECEIVED, True),
        (b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", True),
    ],
)
def test_complete_request_is_recognized(received: bytes, complete: bool):
    assert is_complete(received) is complete


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/", 2_621_440),
        ("/checkout/pay/", 2_621_440),
        ("/orders/", 2_621_440),
        ("/newsletter/inbound/postmark/", 2_621_440),
        ("/orders/100014/token/return/", 50 * MB),
        ("/admin/catalogue/product/1/change/", 32 * MB),
    ],
)
def test_each_path_has_its_limit(db: None, path: str, limit: int):
    assert body_limit(path) == limit
    assert Client().post(path, CONTENT_LENGTH=str(limit + 1)).status_code == 413


def test_body_at_the_limit_is_accepted(db: None, client: Any):
    large = {"email": "a" * 2_000_000}
    assert client.post("/orders/", large).status_code == 422  # the form says what is wrong


SECRET = "aB3-x_Y-SECRET"


@pytest.mark.parametrize(
    "request_line",
    [
        f"GET /orders/100014/{SECRET}/ HTTP/1.1",
        f"GET /checkout/retry/100014/{SECRET}/?x=1 HTTP/1.1",
        f"GET /checkout/thank-you/?payment_intent_client_secret={SECRET} HTTP/1.1",
        f"GET /newsletter/unsubscribe/{SECRET}/ HTTP/1.1",
        f"GET /account/password/reset/key/1-{SECRET}/ HTTP/1.1",
        f"GET /contact/ HTTP/1.1\r\nReferer: http://127.0.0.1/orders/100014/{SECRET}/",
        f"GET /orders/100014/{SECRET}/ HTTP/9.9",
        f"BAD~ /orders/100014/{SECRET}/ x y z",
        f"GET /orders/100014/{SECRET}/" + "a" * 5000 + " HTTP/1.1",
        f"POST /orders/100014/{SECRET}/return/ HTTP/1.1\r\nContent-Length: {60 * MB}",
    ],
)
def test_no_log_contains_a_secret_link(port: int, log: Path, request_line: str):
    # Mutation: with gunicorn's own logger, "GET /orders/100014/aB3-x_Y-SECRET/"
    before = log.stat().st_size
    _raw(port, f"{request_line}\r\nHost: 127.0.0.1\r\n\r\n".encode())
    written = log.read_text()[before:]
    assert SECRET not in written
    assert "127.0.0.1 " not in written
    assert written
