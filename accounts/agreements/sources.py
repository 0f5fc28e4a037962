"""The lists of people who hear of a material change. Each room registers its own.

The newsletter adds its subscribers; whoever only asked for a letter about stock is not concerned.
An address that stands on two lists gets one letter.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Exists, OuterRef, QuerySet

from accounts.users.models import User
from policies.models import PolicyVersion


@dataclass(frozen=True, slots=True)
class Source:
    """One list of people. `email` and `came` name columns of its rows: the address, and the
    moment at which the person came, which is never later than the row's commit."""

    name: str
    #: Everybody whom a change concerns, without an order: who came before it takes effect.
    concerned: Callable[[PolicyVersion], "QuerySet[Any]"]
    #: What to call one of them in a letter ("" for nothing); None where the row has gone.
    greeting: Callable[[int], str | None]
    email: str = "email"
    came: str = "date_joined"
    #: The policies (slugs) whose changes these people hear of; None: of all.
    policies: tuple[str, ...] | None = None
    #: What the text is to them, as a part of the letter: "… that is part of your account".
    part_of: str = "your account with us"

    def hears_of(self, version: PolicyVersion) -> bool:
        """Tell whether a change concerns anybody on this list."""
        return self.policies is None or version.policy.slug in self.policies


ACCOUNTS = "accounts"
SOURCES: dict[str, Source] = {}


def register(source: Source) -> None:
    """Let changes that are published from now on be told to these people too."""
    SOURCES[source.name] = source


def _accounts(version: PolicyVersion) -> "QuerySet[User]":
    """Open accounts that agreed to, or live under, the text before, and whose own address, to which
    the letter goes, is proved."""
    proved = EmailAddress.objects.filter(
        user=OuterRef("pk"), email__iexact=OuterRef("email"), verified=True
    )
    return User.objects.filter(
        Exists(proved), is_active=True, date_joined__lt=version.effective_from
    )


def _first_name(pk: int) -> str | None:
    names = User.objects.filter(pk=pk, is_active=True).values_list("first_name", flat=True)
    return names.first()


register(Source(ACCOUNTS, _accounts, _first_name))
