"""HTTP: the API under /v1, stripe.js and its frames, the control calls, the dashboard."""

import json
import re
import socket
import socketserver
import sys
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from . import api, control_api, dashboard
from .errors import Refusal
from .faults import Faults
from .state import State, load, new_id, save
from .webhooks import RETRY_AFTER, Courier, add_endpoint

STATIC = Path(__file__).with_name("static")
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
STRIPE_JS = STATIC / "stripe.js"
STRIPE_JS_URL = re.compile(r"/(v3/?|([a-z]+/)?stripe\.js)")  # Stripe's own addresses of it
FILES = {
    f"/{path.name}": path for path in STATIC.iterdir() if path.suffix in TYPES and path != STRIPE_JS
}


def _stripe_js() -> bytes:
    """Stripe.js with the table of what it accepts inside: a page loads one script, as at Stripe."""
    options = (STATIC / "options.json").read_text(encoding="utf-8")
    return STRIPE_JS.read_text(encoding="utf-8").replace("OPTIONS_JSON", options, 1).encode()


class DoubleServer(ThreadingHTTPServer):
    """A whole double on a loopback port; port 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 128  # the default of 5 refuses connections under load

    def __init__(
        self,
        port: int = 0,
        *,
        retry_after: tuple[float, ...] = RETRY_AFTER,
        state_file: Path | None = None,
    ) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.state = State()
        self.state_file = state_file
        if state_file:
            load(self.state, state_file)
        self.faults = Faults()
        self.courier = Courier(self.state, retry_after)
        self.courier.start()

    def server_bind(self) -> None:
        """As HTTPServer's, without its look-up of the host's name, which may ask the network."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def listen_with(self, url: str, secret: str) -> None:
        """Make this the one webhook endpoint."""
        with self.state.lock:
            control_api.remove_webhooks(self, {})
            add_endpoint(self.state, url, secret)

    def remember(self) -> None:
        if self.state_file:
            save(self.state, self.state_file)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report what goes wrong here, but not a client that hung up, as tests make them do."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        self.faults.reset()
        self.courier.stop()
        self.remember()
        super().server_close()


class Handler(BaseHTTPRequestHandler):
    server: DoubleServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer on a kept connection costs 40 ms

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if STRIPE_JS_URL.fullmatch(address.path):
            self._send(200, _stripe_js(), TYPES[".js"])
        elif address.path in FILES:
            self._send_file(FILES[address.path])
        elif address.path == "/":
            with self.server.state.lock:
                page = dashboard.render(self.server.state)
            self._send(200, page.encode(), TYPES[".html"])
        else:
            self._call_api("GET", address.path, address.query)

    def do_POST(self) -> None:
        address = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode(errors="replace")
        if address.path.startswith("/_test/"):
            self._operate(address.path.removeprefix("/_test/"), body)
        elif address.path == "/":
            self._act_on_dashboard(body)
        else:
            self._call_api("POST", address.path, body)
        self.server.remember()

    def _call_api(self, method: str, path: str, form: str) -> None:
        call = api.Call(
            method=method,
            path=path,
            form=form,
            bearer=(self.headers.get("Authorization") or "").removeprefix("Bearer "),
            idempotency_key=self.headers.get("Idempotency-Key"),
            request_id=new_id("req", 14),
        )
        reply = api.answer(self.server.state, self.server.faults, call)
        if reply is None:
            self._hang_up()
            return
        headers = {"Request-Id": call.request_id, **reply.headers}
        if call.idempotency_key:
            headers["Idempotency-Key"] = call.idempotency_key
        self._send_json(reply.status, reply.body, headers)

    def _act_on_dashboard(self, form: str) -> None:
        with self.server.state.lock:
            refused = dashboard.act(self.server.state, form)
            page = dashboard.render(self.server.state, refused) if refused else ""
        if refused:
            self._send(400, page.encode(), TYPES[".html"])
        else:
            self._send(303, b"", TYPES[".html"], {"Location": "/"})

    def _operate(self, name: str, body: str) -> None:
        operation = control_api.OPERATIONS.get(name)
        if operation is None:
            self._send_json(404, {"error": {"message": f"No such operation: {name}"}})
            return
        try:
            if name in control_api.UNLOCKED:
                answer = json.dumps(operation(self.server, json.loads(body or "{}")))
            else:
                with self.server.state.lock:
                    answer = json.dumps(operation(self.server, json.loads(body or "{}")))
        except Refusal as refusal:
            self._send_json(refusal.status, refusal.body)
        except (KeyError, TypeError, ValueError, re.error) as mistake:
            self._send_json(400, {"error": {"message": f"{name}: {mistake!r}"}})
        else:
            self._send(200, answer.encode(), "application/json")

    def _send_file(self, path: Path) -> None:
        self._send(200, path.read_bytes(), TYPES[path.suffix])

    def _send_json(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(body, indent=2).encode(), "application/json", headers)

    def _send(
        self, status: int, payload: bytes, kind: str, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(payload)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Cache-Control", "no-store")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    def _hang_up(self) -> None:
        """End the connection without a word, as a broken line does."""
        self.close_connection = True
        with suppress(OSError):  # the client may have gone first
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the dashboard is the log."""
