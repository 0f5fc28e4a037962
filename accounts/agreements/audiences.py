"""The groups of people who receive policy announcements. Each package registers its own.

The newsletter adds its subscribers. An email address in two groups gets one email.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from policies.models import PolicyVersion


@dataclass(frozen=True, slots=True)
class Audience:
    """A group of people. `email` and `joined_at` name columns of its model: the email address, and
    the time when the person joined, which is never later than the commit of the row."""

    name: str
    #: Everyone a change concerns, unordered: those who joined before it takes effect.
    concerned: Callable[[PolicyVersion], "QuerySet[Any]"]
    #: The name to greet a member with ("" for none); None if the row is gone.
    greeting: Callable[[int], str | None]
    email: str = "email"
    joined_at: str = "date_joined"
    #: The policies (slugs) whose changes concern this audience; None: all.
    policies: tuple[str, ...] | None = None
    #: What the policy is part of, in the email: "… which is part of your account with us".
    part_of: Promise | str = _("your account with us")

    def is_concerned(self, version: PolicyVersion) -> bool:
        """Return whether a change concerns this audience."""
        return self.policies is None or version.policy.slug in self.policies


ACCOUNTS = "accounts"
AUDIENCES: dict[str, Audience] = {}


def register(audience: Audience) -> None:
    """Announce changes published from now on to this audience, too."""
    AUDIENCES[audience.name] = audience


def _accounts(version: PolicyVersion) -> "QuerySet[User]":
    """Open accounts with a verified email address, older than the change."""
    verified = EmailAddress.objects.filter(
        user=OuterRef("pk"), email__iexact=OuterRef("email"), verified=True
    )
    return User.objects.filter(
        Exists(verified), is_active=True, date_joined__lt=version.effective_from
    )


def _first_name(pk: int) -> str | None:
    names = User.objects.filter(pk=pk, is_active=True).values_list("first_name", flat=True)
    return names.first()


register(Audience(ACCOUNTS, _accounts, _first_name))
