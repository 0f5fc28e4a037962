"""The newsletter checkbox at registration and checkout.

The form around it has shown the policies already, so its own label is recorded for the newsletter
as well, once the address is verified.
"""

import logging
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.agreements import services as agreements
from accounts.agreements.required_policies import RequiredPolicies, required_policies
from accounts.newsletter.subscribers import subscriptions
from accounts.newsletter.subscribers.consent_texts import CONSENT_TEXTS
from accounts.newsletter.subscribers.email_hash import hash_email, normalize_email
from accounts.newsletter.subscribers.models import Consent, Source
from accounts.newsletter.subscribers.subscriptions import NoLongerOpen, activate, subject_of
from accounts.newsletter.subscribers.topics import DEFAULT_SLUGS
from policies.models import Acceptance, Context
from policies.services import accept

if TYPE_CHECKING:
    from accounts.users.models import User

logger = logging.getLogger(__name__)


@transaction.atomic
def at_registration(user: "User", *, ip: str = "") -> None:
    """Store the checkbox of a new account. It counts once the account's email is verified; until
    then nothing connects the account with the subscriber of that address."""
    source = Source.REGISTRATION
    consent = subscriptions.sign_up(
        user.email,
        topics=DEFAULT_SLUGS,
        source=source,
        text=CONSENT_TEXTS[source],
        ip=ip,
        send_email=False,
    )
    if consent is not None:
        consent.origin = agreements.account_subject(user)
        consent.save(update_fields=["origin"])


@transaction.atomic
def email_verified(user: "User", email: str) -> None:
    """Apply what an account signed up for at registration, now that its email is verified."""
    subject = agreements.account_subject(user)
    waiting = Consent.objects.filter(
        email_hash=hash_email(email),
        origin=subject,
        source=Source.REGISTRATION,
        confirmed_at=None,
        withdrawn_at=None,
    )
    for pk in list(waiting.values_list("pk", flat=True)):
        try:
            subscriber, consent = subscriptions.lock_open(pk)
            subscriber.user = user
            activate(subscriber, consent)
        except NoLongerOpen:
            continue
        found = Acceptance.objects.filter(subject=subject, version=consent.version).first()
        if found is not None:  # with the label of the registration form
            accept(
                found.version,
                subject_of(subscriber),
                found.label,
                context=Context.NEWSLETTER,
                user=user,
                ip=found.network.partition("/")[0],
            )


def at_checkout(
    email: str, *, user: "User | None", policies: RequiredPolicies, ip: str = ""
) -> None:
    """Store the checkbox of a checkout: an account's verified email is subscribed at once, any
    other gets a confirmation email. Never raises: no order is lost for a newsletter."""
    try:
        _at_checkout(normalize_email(email), user, policies, ip)
    except Exception as error:
        logger.warning("a newsletter sign-up at checkout was lost: %s", type(error).__name__)


@transaction.atomic
def _at_checkout(email: str, user: "User | None", policies: RequiredPolicies, ip: str) -> None:
    source, topics = Source.CHECKOUT, DEFAULT_SLUGS
    text = CONSENT_TEXTS[source]
    if user is None or subscriptions.verified_email(user) != email:
        subscriptions.sign_up(email, topics=topics, source=source, text=text, ip=ip)
        return
    subscriber = subscriptions.get_locked(email)
    subscriber.user = user
    activate(subscriber, subscriptions.store_consent(subscriber, topics, source, text, ip), ip=ip)
    about_newsletter = {version.pk for version in required_policies(Context.NEWSLETTER).versions}
    for version in policies.versions:
        if version.pk in about_newsletter:
            accept(
                version,
                subject_of(subscriber),
                policies.label,
                context=Context.NEWSLETTER,
                user=user,
                ip=ip,
            )
