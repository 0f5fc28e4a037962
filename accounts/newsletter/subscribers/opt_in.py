"""The newsletter checkbox at registration and checkout.

The form around it has shown the policies already, so its own label is recorded for the newsletter
as well, once the address is verified.
"""

import logging
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from accounts.agreements.required_policies import RequiredPolicies, required_policies
from accounts.agreements.services import account_subject
from accounts.email_addresses import hash_email, normalize_email, verified_email
from accounts.newsletter.subscribers import subscriptions
from accounts.newsletter.subscribers.consent_texts import CONSENT_TEXTS
from accounts.newsletter.subscribers.models import Consent, Source
from accounts.newsletter.subscribers.subscriptions import NoLongerOpen, SignUp, subject_of
from accounts.newsletter.subscribers.topics import DEFAULT_SLUGS
from accounts.users.models import User
from policies.models import Acceptance, Context
from policies.services import accept

logger = logging.getLogger(__name__)


def _checkbox(source: Source, ip: str) -> SignUp:
    return SignUp(topics=DEFAULT_SLUGS, source=source, text=CONSENT_TEXTS[source], ip=ip)


@transaction.atomic
def at_registration(user: User, *, ip: str = "") -> None:
    """Store the checkbox of a new account. It counts once the account's email is verified; until
    then nothing connects the account with the subscriber of that address."""
    checkbox = _checkbox(Source.REGISTRATION, ip)
    consent = subscriptions.sign_up(user.email, send_email=False, **checkbox)
    if consent is not None:
        consent.origin = account_subject(user)
        consent.save(update_fields=["origin"])


@receiver(post_save, sender=EmailAddress, dispatch_uid="newsletter")
def email_verified(instance: EmailAddress, raw: bool = False, **_: Any) -> None:
    """Apply what an account signed up for at registration, once its email is verified."""
    if not instance.verified or raw:
        return
    waiting = Consent.objects.filter(
        email_hash=hash_email(instance.email),
        origin=account_subject(instance.user),
        source=Source.REGISTRATION,
        confirmed_at=None,
        withdrawn_at=None,
    )
    for pk in list(waiting.values_list("pk", flat=True)):
        try:
            _confirm(pk, instance.user)
        except NoLongerOpen:
            continue


@transaction.atomic
def _confirm(consent_pk: int, user: User) -> None:
    subscriber, consent = subscriptions.lock_open(consent_pk)
    subscriber.user = user
    subscriptions.activate(subscriber, consent)
    registered = Acceptance.objects.filter(subject=account_subject(user), version=consent.version)
    if found := registered.first():  # with the label of the registration form
        ip = found.network.partition("/")[0]
        subject, context = subject_of(subscriber), Context.NEWSLETTER
        accept(found.version, subject, found.label, context=context, user=user, ip=ip)


def at_checkout(email: str, *, user: User | None, policies: RequiredPolicies, ip: str = "") -> None:
    """Store the checkbox of a checkout: an account's verified email is subscribed at once, any
    other gets a confirmation email. Never raises: no order is lost for a newsletter."""
    checkbox = _checkbox(Source.CHECKOUT, ip)
    try:
        if user is not None and verified_email(user) == normalize_email(email):
            _subscribe(user, policies, checkbox)
        else:
            subscriptions.sign_up(email, **checkbox)
    except Exception as error:
        logger.warning("a newsletter sign-up at checkout was lost: %s", type(error).__name__)


@transaction.atomic
def _subscribe(user: User, policies: RequiredPolicies, checkbox: SignUp) -> None:
    subscriber, ip = subscriptions.get_locked(normalize_email(user.email)), checkbox.get("ip", "")
    subscriber.user = user
    consent = subscriptions.store_consent(subscriber, **checkbox)
    subscriptions.activate(subscriber, consent, ip=ip)
    subject, context = subject_of(subscriber), Context.NEWSLETTER
    shown = set(required_policies(context).versions)
    for version in policies.versions:
        if version in shown:
            accept(version, subject, policies.label, context=context, user=user, ip=ip)
