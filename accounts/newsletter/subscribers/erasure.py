"""Erasing a subscriber on request, and deleting what is too old."""

from datetime import timedelta
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.mail.models import Message, MessageState
from accounts.newsletter.subscribers.email_hash import hash_email, normalize_email
from accounts.newsletter.subscribers.emails import CONFIRMATIONS
from accounts.newsletter.subscribers.links import keep_unsubscribe_link
from accounts.newsletter.subscribers.models import Consent, Reason, Subscriber
from accounts.newsletter.subscribers.states import SubscriberState
from accounts.newsletter.subscribers.suppression import suppress

if TYPE_CHECKING:
    from accounts.users.models import User

#: A sign-up that was not confirmed is deleted after this time.
UNCONFIRMED_DAYS = 30
#: Unsubscribed people are deleted after this time. The consent with its end and the
#: suppression stay, with the SHA-256 of the address.
UNSUBSCRIBED_DAYS = 365
#: Emails of the newsletter in the outbox: each names its recipient.
EMAILS = Q(kind__startswith="newsletter-") | Q(kind="policy-changed", data__audience="subscribers")


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
    row.deliveries.filter(state="queued").update(state="skipped", reason=_("Erased"))
    emails = Message.objects.filter(EMAILS, recipient__iexact=row.email)
    emails.exclude(state=MessageState.SENDING).delete()
    suppress(row.email, Reason.ERASED)
    keep_unsubscribe_link(row)
    row.delete()  # topics and events are deleted; consents and deliveries lose their reference
    return True


def erase_account(account: "User") -> int:
    """Erase the subscribers of an account that is being deleted; return how many."""
    addresses = EmailAddress.objects.filter(user=account, verified=True)
    own = Q(user=account) | Q(email__in=[normalize_email(each.email) for each in addresses])
    return sum(erase(each) for each in Subscriber.objects.filter(own))


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
    Message.objects.filter(kind__in=CONFIRMATIONS, created_at__lt=unconfirmed).delete()
    news = Message.objects.filter(kind="policy-changed", data__audience="subscribers")
    news.filter(created_at__lt=unsubscribed).delete()
    return _delete(never) + _delete(ended)


def _delete(people: "QuerySet[Subscriber]") -> int:
    emails = []
    for each in people.only("email", "token").iterator():
        emails.append(each.email)
        keep_unsubscribe_link(each)
    Message.objects.filter(EMAILS, recipient__in=emails).delete()
    return people.delete()[1].get("newsletter.Subscriber", 0)
