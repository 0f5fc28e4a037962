"""A webhook endpoint for the double's own tests: answers as told, and stores what arrived."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import stripe

SECRET = "whsec_receiver"


@dataclass
class Receiver:
    """`answers` are the statuses of the next answers; after those it says 200."""

    answers: list[int] = field(default_factory=list)
    received: list[tuple[str, str]] = field(default_factory=list)  # body, signature

    def __post_init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                receiver.received.append((body, self.headers["Stripe-Signature"]))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/webhook"

    def events(self) -> list[stripe.Event]:
        """Each event that came, in order of arrival, its signature checked by stripe-python."""
        return [
            stripe.Webhook.construct_event(body, signature, SECRET)
            for body, signature in self.received
        ]

    def kinds(self) -> list[str]:
        return [event.type for event in self.events()]

    def __enter__(self) -> Self:
        serve = self._server.serve_forever
        threading.Thread(target=serve, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.shutdown()
        self._server.server_close()
