"""Forgetting somebody: what named them goes, what proves that they are left alone stays."""

from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.mail.models import Message, MessageState
from accounts.newsletter.leaving import keep_link
from accounts.newsletter.models import Consent, Delivery, Reason, Subscriber, digest_of, normal
from accounts.newsletter.states import DeliveryState
from accounts.newsletter.suppression import suppress

if TYPE_CHECKING:
    from accounts.users.models import User


#: What the outbox keeps of the newsletter: each such row names whom it went to.
LETTERS = (
    Q(kind__startswith="newsletter-")
    | Q(kind="leave-by-mail")
    | Q(kind="policy-changed", data__source="subscribers")
)


@transaction.atomic
def erase(subscriber: Subscriber) -> bool:
    """Erase a subscriber: the row, what they told of themselves, events and our letters to them.

    What stays holds no address: the consents with the SHA-256 of it, ended; the rows of letters
    that were sent, with nobody's name; and a suppression, so that no list brings the address back.
    Their own later sign-up can. Tells whether there was somebody; a second call changes nothing.
    """
    found = Subscriber.objects.select_for_update(of=("self",)).filter(pk=subscriber.pk).first()
    if found is None:
        return False
    digest, now = digest_of(found.email), timezone.now()
    consents = Consent.objects.filter(Q(subscriber=found) | Q(digest=digest))
    consents.filter(withdrawn_at=None).update(withdrawn_at=now, withdrawn_how="erased")
    # a list may say who was where; the network is not needed to prove an end
    consents.update(network="", confirmed_network="", origin="", details={})
    Delivery.objects.filter(subscriber=found, state=DeliveryState.QUEUED).update(
        state=DeliveryState.SKIPPED, reason="erased"
    )
    letters = Message.objects.filter(LETTERS, recipient__iexact=found.email)
    letters.exclude(state=MessageState.SENDING).delete()
    suppress(found.email, Reason.ERASED)
    keep_link(found)
    found.delete()  # topics and events go with it; consents and deliveries let go of it
    return True


def erase_with(account: "User") -> int:
    """Erase who subscribed with an account that is being deleted; return how many rows that was."""
    addresses = EmailAddress.objects.filter(user=account, verified=True)
    own = Q(user=account) | Q(email__in=[normal(each.email) for each in addresses])
    return sum(erase(each) for each in Subscriber.objects.filter(own))
