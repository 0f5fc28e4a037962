"""Erasing a subscriber on request, deleting what is too old, and data access requests."""

from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from celery import shared_task
from django.apps import apps
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.email_addresses import hash_email, normalize_email
from accounts.mail.models import Message, MessageState
from accounts.newsletter.subscribers.emails import CONFIRMATIONS
from accounts.newsletter.subscribers.links import keep_unsubscribe_link
from accounts.newsletter.subscribers.models import (
    Consent,
    Reason,
    Subscriber,
    SubscriberState,
    Suppression,
)
from accounts.newsletter.subscribers.unsubscribe import suppress
from accounts.users.models import User

#: A sign-up that was not confirmed is deleted after this time.
UNCONFIRMED_DAYS = 30
#: Unsubscribed people are deleted after this time. The consent with its end and the
#: suppression stay, with the SHA-256 of the address.
UNSUBSCRIBED_DAYS = 365
#: Emails of the newsletter in the outbox: each names its recipient.
EMAILS = Q(email_type__startswith="newsletter-") | Q(
    email_type="policy-changed", data__audience="subscribers"
)


@transaction.atomic
def erase(subscriber: Subscriber) -> bool:
    """Erase a subscriber: the row, the optional details, events, and our emails in the outbox.

    What stays holds no address: consents with its SHA-256, ended; deliveries without a name; and a
    suppression, so that no import brings it back. Their own later sign-up can. Returns whether
    there was a subscriber. Safe to repeat.
    """
    row = Subscriber.objects.select_for_update(of=("self",)).filter(pk=subscriber.pk).first()
    if row is None:
        return False
    consents = Consent.objects.filter(Q(subscriber=row) | Q(email_hash=hash_email(row.email)))
    consents.filter(withdrawn_at=None).update(withdrawn_at=timezone.now(), withdrawn_how="erased")
    # an import may say who was where; the network is not needed to prove the end
    consents.update(network="", confirmed_network="", origin="", details={})
    emails = Message.objects.filter(EMAILS, recipient__iexact=row.email)
    emails.exclude(state=MessageState.SENDING).delete()
    suppress(row.email, Reason.ERASED)
    _delete(row)
    return True


def _delete(row: Subscriber) -> None:
    """Delete a locked subscriber with topics and events. Consents and deliveries stay."""
    # locked in the order of their keys, as everywhere: no deadlocks
    list(row.deliveries.select_for_update().order_by("pk").values_list("pk"))
    row.deliveries.filter(state="queued").update(state="skipped", reason=_("Erased"))
    keep_unsubscribe_link(row)
    row.delete()


@receiver(pre_delete, sender=User, dispatch_uid="newsletter")
def erase_account(instance: User, **_: Any) -> None:
    """Erase the subscribers of an account that is being deleted."""
    addresses = EmailAddress.objects.filter(user=instance, verified=True)
    own = Q(user=instance) | Q(email__in=[normalize_email(each.email) for each in addresses])
    for each in Subscriber.objects.filter(own):
        erase(each)


@shared_task
def delete_old() -> int:
    """Delete what is too old; return how many subscribers. Two at once do no harm.

    A subscriber stays while a sign-up of theirs is open, and while they are subscribed or blocked.
    """
    unconfirmed = timezone.now() - timedelta(days=UNCONFIRMED_DAYS)
    unsubscribed = timezone.now() - timedelta(days=UNSUBSCRIBED_DAYS)
    Consent.objects.filter(confirmed_at=None, requested_at__lt=unconfirmed).delete()
    open_consent = Consent.objects.filter(subscriber=OuterRef("pk"), confirmed_at=None)
    people = Subscriber.objects.filter(~Exists(open_consent))
    states = (SubscriberState.PENDING, SubscriberState.UNSUBSCRIBED)
    never = people.filter(state__in=states, confirmed_at=None, created_at__lt=unconfirmed)
    ended = people.filter(state=SubscriberState.UNSUBSCRIBED, unsubscribed_at__lt=unsubscribed)
    # the outbox names the recipient of each email, also of those that were never answered
    Message.objects.filter(email_type__in=CONFIRMATIONS, created_at__lt=unconfirmed).delete()
    news = Message.objects.filter(email_type="policy-changed", data__audience="subscribers")
    news.filter(created_at__lt=unsubscribed).delete()
    return _delete_all(never) + _delete_all(ended)


@transaction.atomic
def _delete_all(people: "QuerySet[Subscriber]") -> int:
    """Delete subscribers, apart from those that are being changed at this moment."""
    rows = list(people.select_for_update(skip_locked=True, of=("self",)).order_by("pk"))
    Message.objects.filter(EMAILS, recipient__in=[row.email for row in rows]).delete()
    for row in rows:
        _delete(row)
    return len(rows)


# --- Data access requests -------------------------------------------------------------------------


_FIELDS = (
    "email", "name", "country", "job_title", "purchasing_role", "company", "certification",
    "clicks_counted", "paused_until", "created_at", "confirmed_at", "unsubscribed_at",
)  # fmt: skip
_CONSENT_FIELDS = (
    "text", "topics", "origin", "network", "requested_at", "confirmed_at", "withdrawn_at",
    "withdrawn_how",
)  # fmt: skip


def personal_data(subscriber: Subscriber) -> dict[str, Any]:
    """Return plain values for JSON. Names of staff are left out: they are other people's data."""
    email_hash = hash_email(subscriber.email)
    suppression = Suppression.objects.filter(email_hash=email_hash).first()
    feedback = apps.get_model("newsletter", "Feedback")  # campaigns/ is the layer above
    deliveries = subscriber.deliveries.order_by("pk")
    consents = [
        {
            **{name: getattr(each, name) for name in _CONSENT_FIELDS},
            "policy": str(each.version) if each.version else None,
            "source": each.get_source_display(),
        }
        for each in Consent.objects.filter(email_hash=email_hash)
    ]
    return {
        **{name: getattr(subscriber, name) for name in _FIELDS},
        "state": subscriber.get_state_display(),
        "topics": [topic.name for topic in subscriber.topics.all()],
        "consents": consents,
        "events": list(subscriber.events.values("at", "what", "note")),
        "campaigns": list(deliveries.values("campaign__subject", "state", "sent_at")),
        "bounces_and_complaints": list(
            feedback.objects.filter(email_hash=email_hash).values("at", "type", "detail")
        ),
        "suppressed": suppression.get_reason_display() if suppression else None,
    }
