"""Customers, as the limits of offers and discount codes count them: by account and by email."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from oscar.apps.voucher.models import Voucher

from accounts.email_addresses import normalize_email

_GMAIL = {"gmail.com", "googlemail.com"}  # they ignore dots


def email_key(email: str) -> str:
    """Return an address without what its owner can vary: case, a tag after "+", Gmail's dots.

    An empty string for text that is no address.
    """
    name, _, domain = normalize_email(email).rpartition("@")
    name = name.partition("+")[0] or name
    if domain in _GMAIL:
        name, domain = name.replace(".", ""), "gmail.com"
    return f"{name}@{domain}"[:254] if name and domain else ""


@dataclass(frozen=True, slots=True)
class Customer:
    """An account or a guest, with the keys of the emails that they use."""

    user: Any = None
    email_keys: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, user: Any, email: str = "") -> "Customer":
        """Return the customer who orders with this account, if any, and contact email."""
        account = user if user is not None and user.is_authenticated else None
        emails = (email, account.email if account else "")
        return cls(account, frozenset(filter(None, map(email_key, emails))))

    def made_order(self, prefix: str = "order__") -> Q:
        """Return the condition, for rows with an `order` or with another prefix to it, that this
        customer made it."""
        keys = sorted(self.email_keys)
        found = Q(**{f"{prefix}email_key__in": keys})
        found |= Q(**{f"{prefix}account_email_key__in": keys})
        return found | Q(**{f"{prefix}user": self.user}) if self.user else found

    def may_use(self, voucher: Voucher) -> bool:
        """Return whether the limits of a discount code allow its use by this customer."""
        if not voucher.is_available_to_user(user=self.user or AnonymousUser())[0]:
            return False
        if voucher.usage != Voucher.ONCE_PER_CUSTOMER:
            return True
        return not voucher.applications.filter(self.made_order()).exists()
