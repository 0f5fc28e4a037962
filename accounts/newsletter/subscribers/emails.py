"""The emails around a sign-up. Secret links are only made in the worker, so that no row of the
outbox holds one."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from accounts.newsletter.subscribers import links
from accounts.newsletter.subscribers.models import Consent, Subscriber, SubscriberState, Topic
from microflight.core.business import FACTS

#: The emails that entering an address causes.
CONFIRMATIONS = ("newsletter-confirm", "newsletter-already", "newsletter-imported")


def send_confirmation(subscriber: Subscriber, consent: Consent) -> None:
    """Email an address: a confirmation link, or that it is already subscribed."""
    known = subscriber.state == SubscriberState.ACTIVE
    email_type = "newsletter-already" if known else "newsletter-confirm"
    cause = f"consent:{consent.pk}"
    outbox.add(email_type, subject_id=cause, to=subscriber.email, data={"consent": consent.pk})


def send_unsubscribe_link(subscriber: Subscriber) -> bool:
    """Email the unsubscribe link, at most once a day; return whether it is the first today."""
    cause = f"unsubscribe:{subscriber.pk}:{timezone.localdate()}"
    email_type, to = "newsletter-unsubscribe", subscriber.email
    if Message.objects.filter(email_type=email_type, subject_id=cause, recipient=to).exists():
        return False
    outbox.add(email_type, subject_id=cause, to=to, data={"subscriber": subscriber.pk})
    return True


def _open_consent(message: Message) -> tuple[Consent, Subscriber]:
    rows = Consent.objects.select_related("subscriber")
    consent = rows.filter(pk=message.data["consent"], withdrawn_at=None).first()
    if consent is None or consent.subscriber is None:
        raise NoLongerNeeded(_("The sign-up was withdrawn or deleted."))
    return consent, consent.subscriber


@renders("newsletter-confirm", keep=False, urgent=True, reply_to=FACTS.service_email)
def confirm(message: Message) -> dict[str, Any]:
    """The topics, and the link that confirms the address."""
    consent, _subscriber = _open_consent(message)
    if consent.confirmed_at is not None:
        raise NoLongerNeeded(_("It was confirmed before this could be sent."))
    names = Topic.objects.filter(slug__in=consent.topics.split(",")).values_list("name", flat=True)
    return {
        "topics": list(names),
        "link": links.confirm_url(consent.pk),
        "days": links.CONFIRM_WITHIN.days,
    }


# Not urgent: thousands may be queued at once.
@renders("newsletter-imported", keep=False, reply_to=FACTS.service_email)
def imported(message: Message) -> dict[str, Any]:
    """What the import states, and the link that confirms it."""
    consent, _subscriber = _open_consent(message)
    return {
        **confirm(message),
        "text": consent.text,
        "origin": consent.origin,
        "privacy_url": settings.SITE_URL + "/policies/privacy/",
    }


@renders("newsletter-already", keep=False, reply_to=FACTS.service_email)
def already(message: Message) -> dict[str, Any]:
    """The links to preferences and unsubscribe, for someone who is already subscribed."""
    _consent, subscriber = _open_consent(message)
    return {
        "preferences_url": links.preferences_url(subscriber),
        "unsubscribe_url": links.unsubscribe_url(subscriber),
    }


@renders("newsletter-unsubscribe", keep=False, reply_to=FACTS.service_email)
def unsubscribe_link(message: Message) -> dict[str, Any]:
    """The unsubscribe link, for requests by email, whose sender may be forged."""
    found = Subscriber.objects.filter(pk=message.data["subscriber"]).first()
    if found is None or found.state == SubscriberState.UNSUBSCRIBED:
        raise NoLongerNeeded(_("The subscriber has unsubscribed."))
    return {"unsubscribe_url": links.unsubscribe_url(found)}
