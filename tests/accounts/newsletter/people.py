"""Subscribers, and the emails that they receive."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.email_addresses import hash_email
from accounts.mail.models import Message
from accounts.mail.rendering import compose
from accounts.newsletter.models import Consent, Source, Subscriber, Topic
from accounts.newsletter.subscribers import honeypot, topics
from accounts.newsletter.subscribers.consent_texts import CONSENT_TEXTS, text_hash
from accounts.newsletter.subscribers.models import SubscriberState
from accounts.users.models import User

DANA = "dana@example.com"


def subscriber(email: str = DANA, *slugs: str, **values: Any) -> Subscriber:
    """A subscriber of some topics (default: all), with a consent."""
    topics.load()
    now = timezone.now()
    values = {"state": SubscriberState.ACTIVE, "confirmed_at": now} | values
    made = Subscriber.objects.create(email=email, **values)
    made.topics.set(Topic.objects.filter(slug__in=slugs or topics.DEFAULT_SLUGS))
    Consent.objects.create(
        subscriber=made, email_hash=hash_email(email), text=CONSENT_TEXTS[Source.PAGE],
        topics=",".join(slugs or topics.DEFAULT_SLUGS), source=Source.PAGE, confirmed_at=now,
    )  # fmt: skip
    return made


def old_stamp() -> str:
    """The stamp of a form that was opened a minute ago."""
    return honeypot._SIGNER.sign(str(int(timezone.now().timestamp()) - 60))


def typed(source: Source = Source.BOX, **more: Any) -> dict[str, Any]:
    """What a browser sends from a form that Dana filled in by hand."""
    words = text_hash(CONSENT_TEXTS[source])
    about = {} if source == Source.BOX else {"topics": ["sales", "flying-tips"]}
    sent = {"email": DANA, "source": source, "consent": words, "stamp": old_stamp()}
    return sent | about | {"letterhead": ""} | more


def outbox_rows() -> list[tuple[str, str]]:
    """Kind and recipient of each row of the outbox, the oldest first."""
    return list(Message.objects.order_by("pk").values_list("email_type", "recipient"))


def link_in(email_type: str = "newsletter-confirm", email: str = DANA) -> str:
    """The path of the first link of our newsletter pages in the newest such email."""
    row = Message.objects.filter(email_type=email_type, recipient=email).latest("pk")
    found = re.search(r"http\S+/newsletter/\S+", compose(row).text)
    assert found
    return urlsplit(found[0]).path


def press(client: Client, path: str, **more: Any) -> Any:
    """Open the page behind a link and press its button."""
    page = client.get(path).content.decode()
    shown = re.search(r'name="policies" value="([^"]*)"', page)
    return client.post(path, {"policies": shown[1] if shown else ""} | more)


def may(user: User, *rights: str) -> User:
    """Make a user a member of staff with these permissions only."""
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return User.objects.get(pk=user.pk)
