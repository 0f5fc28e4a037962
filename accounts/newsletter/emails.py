"""The letters around a sign-up. Secret links are only made in the worker, so that no row of the
outbox holds one."""

from typing import Any

from django.utils import timezone

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from accounts.newsletter import links
from accounts.newsletter.models import Consent, Subscriber, Topic
from accounts.newsletter.states import SubscriberState
from microflight.core.business import FACTS

#: The letters that somebody's typing an address brings about, wanted or not.
QUESTIONS = ("newsletter-confirm", "newsletter-already", "newsletter-imported")


def answer(subscriber: Subscriber, consent: Consent) -> None:
    """Write to an address that somebody entered: confirm it, or that it is subscribed already."""
    known = subscriber.state == SubscriberState.ACTIVE
    kind = "newsletter-already" if known else "newsletter-confirm"
    cause = f"consent:{consent.pk}"
    outbox.add(kind, subject_id=cause, to=subscriber.email, data={"consent": consent.pk})


def leave_by_mail(subscriber: Subscriber) -> bool:
    """Send the link that leaves to somebody who wrote that they want to, perhaps; once a day. Tell
    whether it is the first today."""
    cause = f"leave-asked:{subscriber.pk}:{timezone.localdate()}"
    kind, to = "leave-by-mail", subscriber.email
    if Message.objects.filter(kind=kind, subject_id=cause, recipient=to).exists():
        return False
    outbox.add(kind, subject_id=cause, to=to, data={"subscriber": subscriber.pk})
    return True


def _consent(message: Message) -> tuple[Consent, Subscriber]:
    found = Consent.objects.select_related("subscriber").filter(
        pk=message.data["consent"], withdrawn_at=None
    )
    consent = found.first()
    if consent is None or consent.subscriber is None:
        raise NoLongerNeeded("What was asked for was withdrawn or forgotten.")
    return consent, consent.subscriber


@renders("newsletter-confirm", keep=False, urgent=True, reply_to=FACTS.service_email)
def confirmation(message: Message) -> dict[str, Any]:
    """What was asked for, and the link that proves the address."""
    consent, _ = _consent(message)
    if consent.confirmed_at is not None:
        raise NoLongerNeeded("It was confirmed before this could be sent.")
    names = Topic.objects.filter(slug__in=consent.topics.split(",")).values_list("name", flat=True)
    return {
        "topics": list(names),
        "link": links.confirm_url(consent.pk),
        "days": links.CONFIRM_WITHIN.days,
    }


@renders("newsletter-already", keep=False, reply_to=FACTS.service_email)
def already(message: Message) -> dict[str, Any]:
    """That nothing has to be done, and where letters are chosen and ended."""
    _, subscriber = _consent(message)
    return {
        "preferences_url": links.preferences_url(subscriber),
        "leave_url": links.leave_url(subscriber),
    }


@renders("leave-by-mail", keep=False, reply_to=FACTS.service_email)
def leaving(message: Message) -> dict[str, Any]:
    """The link that leaves, for somebody who wrote to us and could not be told from an impostor."""
    found = Subscriber.objects.filter(pk=message.data["subscriber"]).first()
    if found is None or found.state == SubscriberState.LEFT:
        raise NoLongerNeeded("They have left meanwhile.")
    return {"leave_url": links.leave_url(found)}
