"""Emails sent through a provider's API, which a server on loopback stands in for."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from accounts.mail.models import Message, MessageState
from accounts.mail.tasks import deliver
from microflight.core.email_url import parse_email_url

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The URL of a server that accepts every email, and what it received."""
    taken: list[dict[str, Any]] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Content-Type"].startswith("application/json"):
                taken.append(json.loads(raw))
            else:
                taken.append(parse_qs(raw.decode()) or {"raw": raw.decode()})
            said = {"ErrorCode": 0, "Message": "OK", "MessageID": "b7bc2f4a", "id": "<x@mg>",
                    "To": "alice@example.com", "message": "Queued."}  # fmt: skip
            body = json.dumps(said).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Taking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", taken
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("url", ["anymail+postmark://token", "anymail+mailgun://key@mg.example"])
def test_email_carries_its_message_id_for_webhooks(
    settings: Any, welcome: Message, provider: Any, url: str
) -> None:
    at, taken = provider
    found = parse_email_url(url)
    settings.EMAIL_BACKEND = found["EMAIL_BACKEND"]
    settings.ANYMAIL = found["ANYMAIL"] | {"POSTMARK_API_URL": at, "MAILGUN_API_URL": at}
    deliver(welcome.pk)
    welcome.refresh_from_db()
    assert (welcome.state, welcome.last_error) == (MessageState.SENT, "")
    [sent] = taken
    if "postmark" in url:
        assert sent["To"] == "alice@example.com"
        assert sent["Metadata"] == {"message": welcome.message_id}
    else:
        assert sent["to"] == ["alice@example.com"]
        assert sent["v:message"] == [welcome.message_id]
        heads = {name.lower(): value for name, value in sent.items()}
        assert heads["h:message-id"] == [welcome.message_id]
