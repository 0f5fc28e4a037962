"""Leaving: the one way out that every route takes."""

import hashlib

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.newsletter.links import LONGEST
from accounts.newsletter.models import Campaign, Consent, Reason, Subscriber, SubscriberEvent
from accounts.newsletter.states import SUBSCRIBER, SubscriberState
from accounts.newsletter.suppression import suppress

#: How somebody left, for `how`.
LINK, MAIL_PROGRAM, PREFERENCES = "link", "mail program", "preference page"


def read_code(code: str) -> tuple[Subscriber | None, Campaign | None]:
    """Return whom a link means and the letter it stood in: two queries, whatever the code is.

    A code is `<token>.<campaign key>` or the token alone. Unknown parts are None: the letter may be
    deleted, the reader erased, or the code a guess.
    """
    token, _, key = code[:LONGEST].replace("\0", "").partition(".")  # PostgreSQL takes no NUL
    subscriber = Subscriber.objects.filter(token=token).first()
    return subscriber, Campaign.objects.filter(key=key).first()


def keep_link(subscriber: Subscriber) -> None:
    """Let the links in somebody's letters end letters also after their row is deleted, should they
    ever subscribe again: they are good for ever. Call it right before the row goes."""
    token = _sealed(subscriber.token)
    subscriber.consents.exclude(confirmed_at=None).update(old_link=token)


def who_leaves(code: str) -> tuple[Subscriber | None, Campaign | None]:
    """Return whom a link that ends letters means: as read_code(), and for the link of a letter
    that went to an earlier, forgotten row of the same address, the row of today."""
    subscriber, campaign = read_code(code)
    return subscriber or _successor(code.partition(".")[0]), campaign


def _successor(token: str) -> Subscriber | None:
    digests = Consent.objects.filter(old_link=_sealed(token)).values("digest")
    return Subscriber.objects.filter(consents__digest__in=digests).first()


def _sealed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def leave(
    subscriber: Subscriber, *, how: str, by: str = "", campaign: Campaign | None = None
) -> bool:
    """Write to somebody no more, at once; tell whether they were with us until now.

    `how` says by which route, `by` which member of staff (empty: themselves), `campaign` which
    letter they left by. What they agreed to counts as withdrawn, also what they have not confirmed
    yet, and a list that is imported later cannot bring them back. A second call changes nothing.
    """
    found = Subscriber.objects.select_for_update().filter(pk=subscriber.pk).first()
    if found is None or found.state == SubscriberState.LEFT:
        return False
    SUBSCRIBER.check(found.state, SubscriberState.LEFT)
    now = timezone.now()
    found.state, found.left_at, found.paused_until = SubscriberState.LEFT, now, None
    found.save(update_fields=["state", "left_at", "paused_until"])
    Consent.objects.filter(subscriber=found, withdrawn_at=None).update(
        withdrawn_at=now, withdrawn_how=how[:60]
    )
    suppress(found.email, Reason.LEFT, note=how)
    note = f"by the letter {campaign.title}"[:200] if campaign else ""
    SubscriberEvent.objects.create(subscriber=found, what=f"left: {how}"[:60], note=note, by=by)
    if campaign is not None:
        Campaign.objects.filter(pk=campaign.pk).update(left=F("left") + 1)
    subscriber.refresh_from_db()
    return True
