"""Signing up, confirming the email address, and being subscribed."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone

from accounts.agreements.required_policies import required_policies
from accounts.agreements.services import accept_policies
from accounts.newsletter.subscribers import emails
from accounts.newsletter.subscribers.email_hash import hash_email, normalize_email
from accounts.newsletter.subscribers.links import consent_of
from accounts.newsletter.subscribers.models import (
    Consent,
    Reason,
    Source,
    Subscriber,
    Suppression,
    Topic,
)
from accounts.newsletter.subscribers.states import SUBSCRIBER, SubscriberState
from accounts.newsletter.subscribers.suppression import lift
from microflight.core.limits import within_limit
from policies.models import Context
from policies.services import network_of

if TYPE_CHECKING:
    from accounts.users.models import User

DAY = 86_400
MAX_EMAILS_TO_ADDRESS = 3  # in a day; beyond, the page says the same and no email is sent
#: Optional details of a subscriber. Each can be deleted on its own.
DETAILS = ("name", "job_title", "purchasing_role", "company", "certification", "country")


class EmailNotVerified(Exception):
    """The account's email address is not verified."""


class NoLongerOpen(Exception):
    """The sign-up was withdrawn or deleted meanwhile, or the address must not be contacted."""


def sign_up(
    email: str,
    *,
    topics: Iterable[str],
    source: Source,
    text: str,
    ip: str = "",
    details: Mapping[str, str] | None = None,
    send_email: bool = True,
) -> Consent | None:
    """Store a sign-up and email a confirmation link to the address.

    `topics` are slugs; `details` stay on the consent until it is confirmed. An existing subscriber
    does not change, and the same statements run whether or not the address is known.
    `send_email=False`: it is verified in another way (see opt_in). Returns the unconfirmed consent,
    for our records and not for the answer; None beyond the limit.
    """
    email = normalize_email(email)
    who = hashlib.sha256(email.encode()).hexdigest()[:32]  # no addresses in the cache
    if not within_limit("newsletter-to", who=who, most=MAX_EMAILS_TO_ADDRESS, seconds=DAY):
        return None
    with transaction.atomic():
        subscriber = get_locked(email)
        consent = store_consent(subscriber, topics, source, text, ip, details)
        subscriber.events.create(what="signed up", note=consent.get_source_display())
        blocked = Suppression.objects.filter(email_hash=consent.email_hash, reason=Reason.STAFF)
        is_blocked = blocked.exists()
        if send_email and not is_blocked:
            emails.send_confirmation(subscriber, consent)
    return consent


def get_locked(email: str) -> Subscriber:
    """Return the row of an address, locked; a new one where there was none."""
    Subscriber.objects.bulk_create([Subscriber(email=email)], ignore_conflicts=True)
    return Subscriber.objects.select_for_update().get(email=email)


def store_consent(
    subscriber: Subscriber,
    topics: Iterable[str],
    source: Source,
    text: str,
    ip: str,
    details: Mapping[str, str] | None = None,
) -> Consent:
    """Store a consent, not confirmed yet."""
    privacy = required_policies(Context.NEWSLETTER).versions
    given = {name: value for name, value in (details or {}).items() if name in DETAILS and value}
    return Consent.objects.create(
        subscriber=subscriber,
        email_hash=hash_email(subscriber.email),
        text=text,
        version=privacy[0] if privacy else None,
        topics=",".join(topics)[:200],
        source=source,
        network=network_of(ip),
        details=given,
    )


@transaction.atomic
def confirm(token: str, *, fingerprint: str, ip: str = "") -> Subscriber:
    """Subscribe the person who follows the confirmation link. Safe to repeat.

    `fingerprint` is the fingerprint on the page. Raises LinkExpired, LinkUnknown, NoLongerOpen,
    or PoliciesChanged of accounts.agreements, having changed nothing.
    """
    subscriber, consent = lock_open(consent_of(token))
    if consent.confirmed_at is None:
        _accept_policies(subscriber, fingerprint, subscriber.user, ip)
        activate(subscriber, consent, ip=ip)
    return subscriber


def lock_open(consent_pk: int) -> tuple[Subscriber, Consent]:
    """Return an open consent and its subscriber, locked. Raises NoLongerOpen."""
    rows = Subscriber.objects.select_for_update(of=("self",))
    subscriber = rows.filter(consents=consent_pk).first()
    consent = Consent.objects.filter(pk=consent_pk, withdrawn_at=None).first()
    if subscriber is None or consent is None:
        raise NoLongerOpen
    return subscriber, consent


@transaction.atomic
def subscribe_account(
    user: "User",
    *,
    topics: Iterable[str],
    source: Source,
    text: str,
    fingerprint: str,
    ip: str = "",
    details: Mapping[str, str] | None = None,
) -> Subscriber:
    """Subscribe an account whose email is verified: no confirmation email is needed.

    Raises EmailNotVerified, NoLongerOpen, or PoliciesChanged of accounts.agreements.
    """
    email = verified_email(user)
    if not email:
        raise EmailNotVerified
    return subscribe_owner(
        get_locked(email),
        user=user,
        topics=topics,
        source=source,
        text=text,
        fingerprint=fingerprint,
        ip=ip,
        details=details,
    )


@transaction.atomic
def subscribe_owner(
    subscriber: Subscriber,
    *,
    topics: Iterable[str],
    source: Source,
    text: str,
    fingerprint: str,
    ip: str = "",
    details: Mapping[str, str] | None = None,
    user: "User | None" = None,
) -> Subscriber:
    """Subscribe a person whose email address is verified, by login or by link.

    Raises NoLongerOpen, or PoliciesChanged of accounts.agreements."""
    subscriber = Subscriber.objects.select_for_update(of=("self",)).get(pk=subscriber.pk)
    if user is not None:
        subscriber.user = user
    _accept_policies(subscriber, fingerprint, user, ip)
    return activate(subscriber, store_consent(subscriber, topics, source, text, ip, details), ip=ip)


def _accept_policies(
    subscriber: Subscriber, fingerprint: str, user: "User | None", ip: str
) -> None:
    subject = subject_of(subscriber)
    accept_policies(
        Context.NEWSLETTER,
        subject=subject,
        fingerprint=fingerprint,
        accepted=True,
        user=user,
        ip=ip,
    )


def activate(subscriber: Subscriber, consent: Consent, *, ip: str = "") -> Subscriber:
    """Apply a confirmed consent: its topics and details become the subscriber's.

    The caller locks both. An active subscriber keeps their topics. Raises NoLongerOpen for
    an address whose owner asked staff not to be contacted.
    """
    if not lift(subscriber.email):
        raise NoLongerOpen
    is_new = subscriber.state != SubscriberState.ACTIVE
    now = timezone.now()
    if is_new:
        SUBSCRIBER.check(subscriber.state, SubscriberState.ACTIVE)
        subscriber.state, subscriber.confirmed_at = SubscriberState.ACTIVE, now
        subscriber.unsubscribed_at = subscriber.paused_until = None
        subscriber.soft_bounces = 0
    for name, value in consent.details.items():
        setattr(subscriber, name, value)
    subscriber.save()
    wanted = Topic.objects.filter(slug__in=consent.topics.split(","))
    subscriber.topics.set(wanted) if is_new else subscriber.topics.add(*wanted)
    consent.confirmed_at, consent.confirmed_network = now, network_of(ip)
    consent.details = {}
    consent.save(update_fields=["confirmed_at", "confirmed_network", "details"])
    subscriber.events.create(what="subscribed", note=consent.get_source_display())
    return subscriber


def verified_email(user: "User") -> str:
    """Return an account's own email address if it is verified, else ""."""
    rows = EmailAddress.objects.filter(user=user, verified=True, email__iexact=user.email)
    return normalize_email(user.email) if rows.exists() else ""


def subject_of(subscriber: Subscriber) -> str:
    """Return what a policy acceptance of a subscriber is about."""
    return f"subscriber:{subscriber.pk}"
