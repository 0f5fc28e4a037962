"""Invitations of staff: a link by email, with which a person chooses a password.

The account exists from the invitation on, without a password and closed to the admin. The link
expires after three days, and works once: it is signed with the account's password, state and roles.
Two-factor authentication follows at the first login (`accounts/middleware.py`).
"""

from collections.abc import Collection
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.mail import outbox
from accounts.staff import access, audit_log
from accounts.users.models import User
from microflight.core.errors import ServiceError


class _Tokens(PasswordResetTokenGenerator):
    key_salt = "accounts.staff.invitation"

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        roles = sorted(user.groups.values_list("pk", flat=True))
        return f"{user.pk}{user.password}{user.is_staff}{user.is_active}{roles}{timestamp}"


TOKENS = _Tokens()


@transaction.atomic
def invite(*, email: str, roles: Collection[Group], by: User) -> User:
    """Give an account roles that count once its owner accepts, and send the link.

    Raises ServiceError if it is a staff account, or for roles that `by` may not give.
    """
    allowed = set(access.assignable_roles(by).values_list("pk", flat=True))
    if not by.has_perm(access.MANAGE) or not {role.pk for role in roles} <= allowed:
        raise ServiceError(_("A role can’t have more permissions than you have yourself."))
    user = User.objects.select_for_update().filter(email__iexact=email).first()
    if user is not None and (user.is_staff or user.is_superuser):
        raise ServiceError(_("This person is staff already: change their roles instead."))
    if user is None:
        user = User(email=email)
        user.set_unusable_password()
        user.save()
    user.groups.set(roles)
    names = ", ".join(sorted(role.name for role in roles))
    audit_log.record(by, user, _("Invited as staff: %(roles)s.") % {"roles": names})
    subject = f"invitation:{user.pk}:{timezone.now():%Y%m%d%H%M%S%f}"
    data = {"user": user.pk, "by": by.pk}
    outbox.add("staff-invitation", subject_id=subject, to=email, data=data)
    return user


def invited(pk: int, token: str) -> User | None:
    """Return the account of a link that works, else None."""
    user = User.objects.filter(pk=pk, is_active=True, is_staff=False).first()
    return user if user is not None and TOKENS.check_token(user, token) else None


@transaction.atomic
def accept(user: User, *, password: str) -> None:
    """Open the admin to an invited person, who has read the email and so owns the address.

    Other addresses of the account are removed: someone else may have registered it.
    """
    user.set_password(password)
    user.is_staff = True
    user.save(update_fields=["password", "is_staff"])
    user.emailaddress_set.exclude(email__iexact=user.email).delete()
    EmailAddress.objects.update_or_create(
        user=user, email=user.email.lower(), defaults={"verified": True, "primary": True}
    )
    audit_log.record(user, user, _("Accepted the invitation as staff."))
