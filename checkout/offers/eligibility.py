"""Who gets an offer: everyone, or customers with a first order, with a tag, or chosen by email.

Staff give the tags to customers in a package above: its receiver of `tags_requested` knows them.
Tags and chosen emails need an account with a verified email address: anyone can type the address of
someone else at checkout. First orders are counted like the limits per customer, by account and by
contact email.
"""

from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from django.apps import apps
from django.db.models.signals import pre_delete
from django.dispatch import Signal, receiver

from accounts.email_addresses import normalize_email
from accounts.users.models import User
from checkout.offers.customers import Customer
from checkout.offers.models import ConditionalOffer, Eligibility, EligibleEmail

#: Arguments: user. Receivers return the tags of an account.
tags_requested = Signal()


def eligible(offers: Iterable[Any], customer: Customer) -> list[Any]:
    """Return the offers that a customer may get. No query for offers for everyone, else up to two
    for each type of restriction."""
    offers = list(offers)
    used = {offer.eligibility for offer in offers}
    allowed = {offer.pk for offer in offers if not offer.eligibility}
    if Eligibility.FIRST_ORDER in used and is_first_order(customer):
        allowed |= {each.pk for each in offers if each.eligibility == Eligibility.FIRST_ORDER}
    if customer.user is not None and used & {Eligibility.TAG, Eligibility.EMAILS}:
        emails = _verified_emails(customer.user)
        if emails and Eligibility.TAG in used:
            tags = _tags(customer.user)
            allowed |= {each.pk for each in offers if each.customer_tag in tags}
        if Eligibility.EMAILS in used:
            chosen = EligibleEmail.objects.filter(email__in=emails, offer__in=offers)
            allowed |= set(chosen.values_list("offer", flat=True))
    return [offer for offer in offers if offer.pk in allowed]


def is_first_order(customer: Customer) -> bool:
    """Return whether a customer, if they are known by now, has no order yet."""
    orders = apps.get_model("order", "Order").objects.live()
    is_known = customer.user is not None or customer.email_keys
    return not (is_known and orders.filter(customer.made_order("")).exists())


def _tags(user: Any) -> set[str]:
    found: Any = tags_requested.send(ConditionalOffer, user=user)
    return {tag for _receiver, tags in found for tag in tags}


def _verified_emails(user: Any) -> list[str]:
    rows = EmailAddress.objects.filter(user=user, verified=True)
    return [normalize_email(email) for email in rows.values_list("email", flat=True)]


@receiver(pre_delete, sender=User, dispatch_uid="offers")
def delete_emails(instance: User, **_options: Any) -> None:
    """Delete an account's addresses from offers for chosen customers."""
    EligibleEmail.objects.filter(email__in=_verified_emails(instance)).delete()
