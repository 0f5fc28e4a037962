"""Forgetting what was never confirmed, and who left long ago."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.mail.models import Message
from accounts.newsletter.emails import QUESTIONS
from accounts.newsletter.erasing import LETTERS
from accounts.newsletter.leaving import keep_link
from accounts.newsletter.models import Consent, Subscriber
from accounts.newsletter.states import SubscriberState

#: An address that nobody proved is forgotten after so long.
UNPROVED = timedelta(days=30)
#: Of whoever left, the row with the address goes after so long. What stays is the consent with its
#: end and the suppression, both without the address: they hold its SHA-256.
LEFT = timedelta(days=365)


def tidy() -> int:
    """Delete what is over; return how many addresses were forgotten. Twice at once does no harm.

    An address stays while a sign-up of it is younger than `UNPROVED`, and whatever its age while
    it is subscribed or refused.
    """
    now = timezone.now()
    old = Consent.objects.filter(confirmed_at=None, asked_at__lt=now - UNPROVED)
    old.delete()
    open_still = Consent.objects.filter(subscriber=OuterRef("pk"), confirmed_at=None)
    people = Subscriber.objects.filter(~Exists(open_still))
    never = people.filter(
        state__in=(SubscriberState.PENDING, SubscriberState.LEFT),
        confirmed_at=None,
        created_at__lt=now - UNPROVED,
    )
    gone = people.filter(state=SubscriberState.LEFT, left_at__lt=now - LEFT)
    # the outbox names the recipient of each letter, also of those that nobody answered
    Message.objects.filter(kind__in=QUESTIONS, created_at__lt=now - UNPROVED).delete()
    news = Message.objects.filter(kind="policy-changed", data__source="subscribers")
    news.filter(created_at__lt=now - LEFT).delete()
    return _delete(never) + _delete(gone)


def _delete(people: "QuerySet[Subscriber]") -> int:
    emails = []
    for one in people.only("email", "token").iterator():
        emails.append(one.email)
        keep_link(one)
    Message.objects.filter(LETTERS, recipient__in=emails).delete()
    return people.delete()[1].get("newsletter.Subscriber", 0)
