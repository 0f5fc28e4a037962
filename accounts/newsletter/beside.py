"""Letters that somebody asks for beside something else: opening an account, or ordering.

The form around has put the texts about data before them already, so its own label is recorded for
the newsletter too, once the address counts as proved.
"""

import logging
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.agreements import services as agreements
from accounts.agreements.offers import Offer, offer_for
from accounts.newsletter import subscribing
from accounts.newsletter.models import Consent, Source, Subscriber, digest_of, normal
from accounts.newsletter.subscribing import NoLongerOpen, activate, locked, subject_of
from accounts.newsletter.topics import USUAL
from accounts.newsletter.wordings import WORDINGS
from policies.models import Acceptance, Context
from policies.services import accept

if TYPE_CHECKING:
    from accounts.users.models import User

logger = logging.getLogger(__name__)


@transaction.atomic
def at_registration(user: "User", *, address: str = "") -> None:
    """Note what a new account ticked. It counts once the account's own letter has proved the
    address; until then nothing connects the account with whoever has that address."""
    source = Source.REGISTRATION
    consent = subscribing.ask(
        user.email,
        topics=USUAL,
        source=source,
        wording=WORDINGS[source],
        address=address,
        by_letter=False,
    )
    if consent is not None:
        consent.origin = agreements.account(user)
        consent.save(update_fields=["origin"])


@transaction.atomic
def address_proved(user: "User", email: str) -> None:
    """Let count what an account asked for at its registration, now that its address is proved."""
    waiting = Consent.objects.filter(
        digest=digest_of(email),
        origin=agreements.account(user),
        source=Source.REGISTRATION,
        confirmed_at=None,
        withdrawn_at=None,
    )
    for pk in list(waiting.values_list("pk", flat=True)):
        try:
            subscriber, consent = locked(pk)
            subscriber.user = user
            activate(subscriber, consent)
        except NoLongerOpen:
            continue
        _record_as_registered(subscriber, consent, user)


def _record_as_registered(subscriber: Subscriber, consent: Consent, user: "User") -> None:
    """Record, with the words of the registration, the text about data that was agreed to there."""
    subject = agreements.account(user)
    found = Acceptance.objects.filter(subject=subject, version=consent.version).first()
    if found is not None:
        accept(
            found.version, subject_of(subscriber), found.label, context=Context.NEWSLETTER,
            user=user, address=found.network.partition("/")[0],
        )  # fmt: skip


def at_checkout(email: str, *, user: "User | None", offer: Offer, address: str = "") -> None:
    """Note what a shopper ticked: an account's proved address is subscribed at once, any other is
    asked by letter. Never raises: no order is lost for the sake of a letter."""
    try:
        _at_checkout(normal(email), user, offer, address)
    except Exception as problem:
        logger.warning("a wish for letters was lost: %s", type(problem).__name__)


@transaction.atomic
def _at_checkout(email: str, user: "User | None", offer: Offer, address: str) -> None:
    source = Source.CHECKOUT
    wording = WORDINGS[source]
    if user is None or subscribing.proved_address(user) != email:
        subscribing.ask(email, topics=USUAL, source=source, wording=wording, address=address)
        return
    row = subscribing.row_of(email)
    row.user = user
    consent = subscribing.consent_of_asking(row, USUAL, source, wording, address, None)
    activate(row, consent, address=address)
    _record(row, offer, user, address)


def _record(subscriber: Subscriber, offer: Offer, user: "User", address: str) -> None:
    """Record, of what the form around showed, the texts that concern subscribers."""
    about_data = {version.pk for version in offer_for(Context.NEWSLETTER).versions}
    for version in offer.versions:
        if version.pk in about_data:
            accept(
                version, subject_of(subscriber), offer.label,
                context=Context.NEWSLETTER, user=user, address=address,
            )  # fmt: skip
