"""Asking for letters, proving the address, and being subscribed."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone

from accounts.agreements.offers import offer_for
from accounts.agreements.services import agree
from accounts.newsletter import emails
from accounts.newsletter.links import consent_of
from accounts.newsletter.models import (
    Consent,
    Reason,
    Source,
    Subscriber,
    SubscriberEvent,
    Suppression,
    Topic,
    digest_of,
    normal,
)
from accounts.newsletter.states import SUBSCRIBER, SubscriberState
from accounts.newsletter.suppression import lift
from microflight.core.limits import within_limit
from policies.models import Context
from policies.services import network_of

if TYPE_CHECKING:
    from accounts.users.models import User

DAY = 86_400
MOST_TO_ONE_ADDRESS = 3  # letters in a day; beyond, the answer is the same
#: What people may tell about themselves. Each can be left out and deleted by itself.
DETAILS = ("name", "job_title", "purchasing_role", "company", "certification", "country")


class NotProved(Exception):
    """The account's address is not known to be its owner's."""


class NoLongerOpen(Exception):
    """What was to be confirmed was withdrawn or forgotten meanwhile, or may not come back."""


def ask(
    email: str,
    *,
    topics: Iterable[str],
    source: Source,
    wording: str,
    address: str = "",
    details: Mapping[str, str] | None = None,
    by_letter: bool = True,
) -> Consent | None:
    """Note that somebody asked for letters in an address's name, and ask its owner by mail.

    `topics` are slugs; `address` is the internet address, of which only the network is kept;
    `details` lie with the consent until it is confirmed. Nothing about a known subscriber changes.
    The same statements run whether or not the address is known. With `by_letter=False` the proof
    comes by another way: see beside.py. Returns the unconfirmed consent, for the caller's records
    and not for the answer; None beyond the limit.
    """
    email = normal(email)
    if not _may_write_to(email):
        return None
    with transaction.atomic():
        subscriber = row_of(email)
        consent = consent_of_asking(subscriber, topics, source, wording, address, details)
        _note(subscriber, "asked", consent.get_source_display())
        never = Suppression.objects.filter(digest=consent.digest, reason=Reason.STAFF).exists()
        if by_letter and not never:
            emails.answer(subscriber, consent)
    return consent


def _may_write_to(email: str) -> bool:
    who = hashlib.sha256(email.encode()).hexdigest()[:32]  # no addresses in the cache
    return within_limit("newsletter-to", who=who, most=MOST_TO_ONE_ADDRESS, seconds=DAY)


def row_of(email: str) -> Subscriber:
    """Return the one row of an address, locked; a new one where there was none."""
    Subscriber.objects.bulk_create([Subscriber(email=email)], ignore_conflicts=True)
    return Subscriber.objects.select_for_update().get(email=email)


def consent_of_asking(
    subscriber: Subscriber,
    topics: Iterable[str],
    source: Source,
    wording: str,
    address: str,
    details: Mapping[str, str] | None,
) -> Consent:
    """Write down what is agreed to: not confirmed yet."""
    privacy = offer_for(Context.NEWSLETTER).versions
    given = {name: value for name, value in (details or {}).items() if name in DETAILS and value}
    return Consent.objects.create(
        subscriber=subscriber,
        digest=digest_of(subscriber.email),
        wording=wording,
        version=privacy[0] if privacy else None,
        topics=",".join(topics)[:200],
        source=source,
        network=network_of(address),
        details=given,
    )


@transaction.atomic
def confirm(token: str, *, shown: str, address: str = "") -> Subscriber:
    """Subscribe whoever presses the button behind the link of our letter; twice is once.

    `shown` is what the page's `Offer.shown` was. Raises LinkExpired, LinkUnknown, NoLongerOpen,
    or TextsChanged of accounts.agreements, having changed nothing.
    """
    subscriber, consent = locked(consent_of(token))
    if consent.confirmed_at is None:
        agree(
            Context.NEWSLETTER,
            subject=subject_of(subscriber),
            shown=shown,
            agreed=True,
            user=subscriber.user,
            address=address,
        )
        activate(subscriber, consent, address=address)
    return subscriber


def locked(consent_pk: int) -> tuple[Subscriber, Consent]:
    """Return a consent that still counts and its subscriber; the latter is locked first, as it is
    by everybody who changes either."""
    rows = Subscriber.objects.select_for_update(of=("self",))
    subscriber = rows.filter(consents=consent_pk).first()
    consent = Consent.objects.filter(pk=consent_pk, withdrawn_at=None).first()
    if subscriber is None or consent is None:
        raise NoLongerOpen
    return subscriber, consent


@transaction.atomic
def subscribe_proved(
    user: "User",
    *,
    topics: Iterable[str],
    source: Source,
    wording: str,
    shown: str,
    address: str = "",
    details: Mapping[str, str] | None = None,
) -> Subscriber:
    """Subscribe an account whose address is known to be its owner's: no letter asks again.

    Raises NotProved, NoLongerOpen, or TextsChanged of accounts.agreements.
    """
    email = proved_address(user)
    if not email:
        raise NotProved
    return subscribe_owner(
        row_of(email), user=user, topics=topics, source=source, wording=wording, shown=shown,
        address=address, details=details,
    )  # fmt: skip


@transaction.atomic
def subscribe_owner(
    subscriber: Subscriber,
    *,
    topics: Iterable[str],
    source: Source,
    wording: str,
    shown: str,
    address: str = "",
    details: Mapping[str, str] | None = None,
    user: "User | None" = None,
) -> Subscriber:
    """Subscribe somebody who has shown, by log-in or by a link of a letter, that the address is
    theirs. Raises NoLongerOpen, or TextsChanged of accounts.agreements."""
    subscriber = Subscriber.objects.select_for_update(of=("self",)).get(pk=subscriber.pk)
    if user is not None:
        subscriber.user = user
    agree(
        Context.NEWSLETTER,
        subject=subject_of(subscriber),
        shown=shown,
        agreed=True,
        user=user,
        address=address,
    )
    consent = consent_of_asking(subscriber, topics, source, wording, address, details)
    return activate(subscriber, consent, address=address)


def activate(subscriber: Subscriber, consent: Consent, *, address: str = "") -> Subscriber:
    """Let a proved consent count: its topics and details become the subscriber's.

    Both are locked by the caller. Whoever is subscribed already keeps their topics. Raises
    NoLongerOpen for an address whose owner told staff "never again".
    """
    if not lift(subscriber.email):
        raise NoLongerOpen
    anew = subscriber.state != SubscriberState.ACTIVE
    now = timezone.now()
    if anew:
        SUBSCRIBER.check(subscriber.state, SubscriberState.ACTIVE)
        subscriber.state, subscriber.confirmed_at = SubscriberState.ACTIVE, now
        subscriber.left_at = subscriber.paused_until = None
        subscriber.soft_bounces = 0
    for name, value in consent.details.items():
        setattr(subscriber, name, value)
    subscriber.save()
    wanted = Topic.objects.filter(slug__in=consent.topics.split(","))
    subscriber.topics.set(wanted) if anew else subscriber.topics.add(*wanted)
    consent.confirmed_at, consent.confirmed_network = now, network_of(address)
    consent.details = {}
    consent.save(update_fields=["confirmed_at", "confirmed_network", "details"])
    _note(subscriber, "subscribed", consent.get_source_display())
    return subscriber


def proved_address(user: "User") -> str:
    """Return an account's own address if it is known to be theirs, else nothing."""
    proved = EmailAddress.objects.filter(user=user, verified=True, email__iexact=user.email)
    return normal(user.email) if proved.exists() else ""


def subject_of(subscriber: Subscriber) -> str:
    """Return what an agreement of a subscriber is about."""
    return f"subscriber:{subscriber.pk}"


def _note(subscriber: Subscriber, what: str, note: str = "") -> None:
    SubscriberEvent.objects.create(subscriber=subscriber, what=what, note=note)
