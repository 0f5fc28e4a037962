"""Signing up, confirming the email address, and being subscribed."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import NotRequired, TypedDict, Unpack

from django.db import transaction
from django.utils import timezone

from accounts.agreements.required_policies import required_policies
from accounts.agreements.services import accept_policies
from accounts.email_addresses import hash_email, normalize_email
from accounts.newsletter.subscribers import emails
from accounts.newsletter.subscribers.links import consent_of
from accounts.newsletter.subscribers.models import (
    DETAILS,
    SUBSCRIBER,
    Consent,
    Reason,
    Source,
    Subscriber,
    SubscriberState,
    Suppression,
    Topic,
)
from accounts.newsletter.subscribers.unsubscribe import lift
from accounts.users.models import User
from microflight.core.limits import network_of
from policies.models import Context

MAX_EMAILS_TO_ADDRESS = 3  # in 24 hours; beyond, the page says the same and no email is sent


class NoLongerOpen(Exception):
    """The sign-up was withdrawn or deleted meanwhile, or the address must not be contacted."""


class SignUp(TypedDict):
    """What a person signs up for, and the text that they agree to."""

    topics: Iterable[str]  # slugs
    source: Source
    text: str
    ip: NotRequired[str]
    details: NotRequired[Mapping[str, str]]  # stay on the consent until it is confirmed


def sign_up(email: str, *, send_email: bool = True, **request: Unpack[SignUp]) -> Consent | None:
    """Store a sign-up and email a confirmation link to the address.

    An existing subscriber does not change, and the same statements run whether or not the address
    is known. `send_email=False`: it is verified in another way (see opt_in). Returns the
    unconfirmed consent, for our records and not for the answer; None beyond the limit.
    """
    email = normalize_email(email)
    with transaction.atomic():
        subscriber = get_locked(email)
        if _sign_ups_today(email) >= MAX_EMAILS_TO_ADDRESS:
            transaction.set_rollback(True)
            return None
        consent = store_consent(subscriber, **request)
        subscriber.events.create(what="signed up", note=consent.get_source_display())
        blocked = Suppression.objects.filter(email_hash=consent.email_hash, reason=Reason.STAFF)
        if not blocked.exists() and send_email:
            emails.send_confirmation(subscriber, consent)
    return consent


def _sign_ups_today(email: str) -> int:
    """Return how many emails the sign-ups of the last 24 hours caused, also of erased people."""
    rows = Consent.objects.exclude(source=Source.ACCOUNT).filter(email_hash=hash_email(email))
    return rows.filter(requested_at__gt=timezone.now() - timedelta(days=1)).count()


def get_locked(email: str) -> Subscriber:
    """Return the row of an address, locked; a new one where there was none."""
    Subscriber.objects.bulk_create([Subscriber(email=email)], ignore_conflicts=True)
    return Subscriber.objects.select_for_update().get(email=email)


def store_consent(subscriber: Subscriber, **request: Unpack[SignUp]) -> Consent:
    """Store a consent, not confirmed yet."""
    privacy = required_policies(Context.NEWSLETTER).versions
    details = request.get("details", {})
    return Consent.objects.create(
        subscriber=subscriber,
        email_hash=hash_email(subscriber.email),
        text=request["text"],
        version=privacy[0] if privacy else None,
        topics=",".join(request["topics"])[:200],
        source=request["source"],
        network=network_of(request.get("ip", "")),
        details={name: details[name] for name in DETAILS if details.get(name)},
    )


@transaction.atomic
def confirm(token: str, *, fingerprint: str, ip: str = "") -> Subscriber:
    """Subscribe the person who follows the confirmation link. Safe to repeat.

    `fingerprint` is the fingerprint on the page. Raises BadSignature, NoLongerOpen, or
    PoliciesChanged of accounts.agreements, having changed nothing.
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
def subscribe_owner(
    email: str, *, fingerprint: str, user: User | None = None, **request: Unpack[SignUp]
) -> Subscriber:
    """Subscribe a person whose email address is verified, by login or by link.

    Raises NoLongerOpen, or PoliciesChanged of accounts.agreements."""
    subscriber, ip = get_locked(email), request.get("ip", "")
    subscriber.user = user or subscriber.user
    _accept_policies(subscriber, fingerprint, user, ip)
    return activate(subscriber, store_consent(subscriber, **request), ip=ip)


def _accept_policies(subscriber: Subscriber, shown: str, user: User | None, ip: str) -> None:
    subject = subject_of(subscriber)
    accept_policies(
        Context.NEWSLETTER, subject=subject, fingerprint=shown, accepted=True, user=user, ip=ip
    )


def activate(subscriber: Subscriber, consent: Consent, *, ip: str = "") -> Subscriber:
    """Apply a confirmed consent: its topics and details become the subscriber's.

    The caller locks both. An active subscriber keeps their topics. Raises NoLongerOpen for
    an address whose owner asked staff not to be contacted.
    """
    if not lift(subscriber.email):
        raise NoLongerOpen
    is_new, now = subscriber.state != SubscriberState.ACTIVE, timezone.now()
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


def subject_of(subscriber: Subscriber) -> str:
    """Return what a policy acceptance of a subscriber is about."""
    return f"subscriber:{subscriber.pk}"
