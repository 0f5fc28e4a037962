"""Sent emails, and what providers and mail servers report about them."""

import hashlib
import hmac
import json
import time
from typing import Any

from django.utils import timezone

from accounts.newsletter.campaigns.campaign_email import message_id_of
from accounts.newsletter.campaigns.models import CampaignState, DeliveryState
from accounts.newsletter.models import Campaign, Delivery, Subscriber, Topic
from tests.accounts.newsletter.people import DANA, subscriber

SIGNING_KEY = "key-of-mailguns-webhooks"
SECRET = "hooks:only-postmark-knows"


def campaign(slug: str = "spring", **values: Any) -> Campaign:
    """An email to many that is being sent."""
    topic, _ = Topic.objects.get_or_create(slug="sales", defaults={"name": "Sales"})
    values = {"state": CampaignState.SENDING, "title": "Spring campaign"} | values
    return Campaign.objects.create(slug=slug, topic=topic, subject="Spring", **values)


def delivery(to: Subscriber | None = None, of: Campaign | None = None, **values: Any) -> Delivery:
    """An email that was sent, by default to Dana."""
    to = to or Subscriber.objects.filter(email=DANA).first() or subscriber()
    values = {"state": DeliveryState.SENT, "sent_at": timezone.now()} | values
    return Delivery.objects.create(campaign=of or campaign(), subscriber=to, **values)


def name_of(sent: Delivery) -> str:
    """Its Message-ID."""
    return message_id_of(sent.pk)


def totals(sent: Delivery) -> tuple[int, int, int, int]:
    """Delivered, bounced, complained and left of an email's campaign."""
    found = Campaign.objects.get(pk=sent.campaign_id)
    return found.delivered, found.bounced, found.complained, found.unsubscribed


# --- Mailgun: documented fields of its webhooks, written for an email of ours ---------------------


def signed(timestamp: float | None = None, token: str = "t" * 50) -> dict[str, str]:
    """The signature that Mailgun adds: an HMAC of moment and token."""
    moment = str(int(time.time() if timestamp is None else timestamp))
    mac = hmac.new(SIGNING_KEY.encode(), f"{moment}{token}".encode(), hashlib.sha256)
    return {"timestamp": moment, "token": token, "signature": mac.hexdigest()}


def mailgun(
    event: str, sent: Delivery, *, signature: dict[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    """What Mailgun posts of an email: `failed`, `delivered`, `complained`, `unsubscribed`."""
    data = {
        "event": event,
        "id": "G9Bn5sl1TC6nu79C8C0bwg",
        "timestamp": 1795700000.25,
        "recipient": DANA,
        "message": {"headers": {"message-id": name_of(sent).strip("<>"), "to": DANA}},
        "tags": [],
        "user-variables": {},
    }
    return {"signature": signature or signed(), "event-data": data | more}


def mailgun_bounce(sent: Delivery, **more: Any) -> dict[str, Any]:
    """A refusal for good by Mailgun's words."""
    said = {"code": 550, "message": f"5.1.1 <{DANA}> no such user here", "description": ""}
    more = {"delivery-status": said} | more
    return mailgun("failed", sent, severity="permanent", reason="bounce", **more)


# --- Postmark -----------------------------------------------------------------------------------


def postmark(record: str, sent: Delivery, **more: Any) -> dict[str, Any]:
    """What Postmark posts of an email; it knows the email by the metadata that we gave it."""
    return {
        "RecordType": record,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "MessageStream": "broadcast",
        "ServerID": 23,
        "Tag": "",
        "Metadata": {"delivery": name_of(sent)},
    } | more


def postmark_bounce(sent: Delivery, kind: str = "HardBounce", **more: Any) -> dict[str, Any]:
    """A bounce by Postmark's words."""
    said = {
        "ID": 692560173,
        "Type": kind,
        "TypeCode": 1,
        "Name": "Hard bounce",
        "Description": "The server was unable to deliver your message (ex: unknown user).",
        "Details": f"smtp;550 5.1.1 The account {DANA} does not exist.",
        "Email": DANA,
        "From": "sales@plantraco.com",
        "BouncedAt": "2026-11-23T00:40:00Z",
        "Inactive": True,
        "CanActivate": True,
        "Subject": "Spring",
    }
    return postmark("Bounce", sent, **(said | more))


def post(client: Any, provider: str, body: Any, *, secret: str = "", what: str = "webhooks") -> int:
    """Post a report as its provider does; return the status of the answer."""
    import base64

    extra = {}
    if secret:
        extra["HTTP_AUTHORIZATION"] = "Basic " + base64.b64encode(secret.encode()).decode()
    content = body if isinstance(body, str) else json.dumps(body)
    answer = client.post(
        f"/newsletter/{what}/{provider}/", content, content_type="application/json", **extra
    )
    return answer.status_code


# --- Reports by mail ----------------------------------------------------------------------------


def notification(
    message_id: str, *, action: str = "failed", status: str = "5.1.1", said: str = "no such user"
) -> bytes:
    """A delivery status notification (RFC 3464) that returns the email's head."""
    return f"""From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: bounces@plantraco.com
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Return-Path: <>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"

--=_b
Content-Type: text/plain; charset=us-ascii

I am sorry to have to tell you that your message was not delivered.

--=_b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Mon, 23 Nov 2026 00:10:00 -0600

Final-Recipient: rfc822; {DANA}
Action: {action}
Status: {status}
Remote-MTA: dns; in.example
Diagnostic-Code: smtp; 550 {status} <{DANA}>: {said}

--=_b
Content-Type: text/rfc822-headers

From: MicroFlight <sales@plantraco.com>
To: {DANA}
Subject: Spring
Message-ID: {message_id}

--=_b--
""".replace("\n", "\r\n").encode()


def complaint(message_id: str, kind: str = "abuse") -> bytes:
    """A complaint in the format of RFC 5965 that returns the whole email."""
    return f"""From: <feedback@isp.example>
To: <bounces@plantraco.com>
Subject: FW: Spring
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="=_f"

--=_f
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report.

--=_f
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <bounces@plantraco.com>
Received-Date: Mon, 23 Nov 2026 00:10:00 -0600

--=_f
Content-Type: message/rfc822

From: MicroFlight <sales@plantraco.com>
To: <redacted@isp.example>
Subject: Spring
Message-ID: {message_id}

Spring is here.

--=_f--
""".replace("\n", "\r\n").encode()


def written(subject: str, sender: str = DANA, **headers: str) -> bytes:
    """A mail that a person wrote to the service address."""
    more = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
    return f"""From: Dana <{sender}>
To: service@plantraco.com
Subject: {subject}
Message-ID: <one@mail.example>
{more}
Please.
""".replace("\n", "\r\n").encode()
