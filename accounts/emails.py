"""Account emails. The first half writes outbox rows; the second renders them in the worker, where
secret links are made, so that no row stores one."""

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from accounts.users.models import User
from microflight.core.business import FACTS

#: allauth's name of a notice -> our email type (templates/emails/<type>/).
NOTICES = {
    "account/email/account_already_exists": "account-exists",
    "account/email/email_changed": "email-changed",
    "account/email/email_deleted": "email-removed",
    "account/email/password_changed": "password-changed",
    "account/email/password_reset": "password-changed",
    "account/email/password_set": "password-changed",
    "account/email/unknown_account": "unknown-account",
    "mfa/email/recovery_codes_generated": "recovery-codes-generated",
    "mfa/email/totp_activated": "2fa-enabled",
    "mfa/email/totp_deactivated": "2fa-disabled",
}
#: What a notice shows of allauth's context; the visitor's IP address and browser are not stored.
_SHOWN = ("from_email", "to_email", "deleted_email")


def _unique(reference: str) -> str:
    """Return a reference that does not repeat: every request for such an email is answered."""
    return f"{reference}:{timezone.now():%Y%m%d%H%M%S%f}"


def welcome_once(user: User, to: str) -> None:
    """Welcome a customer when their first email address is confirmed, once."""
    cause = f"user:{user.pk}"
    if not Message.objects.filter(email_type="welcome", subject_id=cause).exists():
        outbox.add("welcome", subject_id=cause, to=to, data={"user": user.pk})


def verify_email(address: EmailAddress) -> None:
    """Send a link that verifies an email address."""
    cause, data = _unique(f"address:{address.pk}"), {"address": address.pk}
    outbox.add("verify-email", subject_id=cause, to=address.email, data=data)


def password_reset(user: User, to: str) -> None:
    """Send a link to reset a password."""
    cause = _unique(f"user:{user.pk}")
    outbox.add("password-reset", subject_id=cause, to=to, data={"user": user.pk})


def account_notice(email_type: str, *, to: str, context: dict[str, Any]) -> None:
    """Notify a customer of a change to, or an attempt on, their account."""
    data = {name: str(context[name]) for name in _SHOWN if name in context}
    outbox.add(email_type, subject_id=_unique("notice"), to=to, data=data)


def _absolute(name: str, *args: object) -> str:
    return settings.SITE_URL + reverse(name, args=args)


def _user(message: Message) -> User:
    user = User.objects.filter(pk=message.data["user"], is_active=True).first()
    if user is None:
        raise NoLongerNeeded("The account was closed before this could be sent.")
    return user


@renders("welcome", reply_to=FACTS.service_email)
def welcome(message: Message) -> dict[str, Any]:
    """Return the first name and a link to the account."""
    return {"name": _user(message).first_name, "account_url": _absolute("customer:summary")}


@renders("verify-email", keep=False, urgent=True, reply_to=FACTS.service_email)
def verification(message: Message) -> dict[str, Any]:
    """Return the verification link, which expires after allauth's setting of days."""
    unverified = EmailAddress.objects.select_related("user").filter(verified=False)
    address = unverified.filter(pk=message.data["address"]).first()
    if address is None:
        raise NoLongerNeeded("The address was confirmed or removed before this could be sent.")
    link = _absolute("account_confirm_email", EmailConfirmationHMAC.create(address).key)
    return {"name": address.user.first_name, "link": link}


@renders("password-reset", keep=False, urgent=True, reply_to=FACTS.service_email)
def reset(message: Message) -> dict[str, Any]:
    """Return the password reset link, which works once."""
    user = _user(message)
    token = default_token_generator.make_token(user)
    link = _absolute("account_reset_password_from_key", user_pk_to_url_str(user), token)
    return {"name": user.first_name, "link": link}


def notice(message: Message) -> dict[str, Any]:
    """Return when it happened, and where to go if it was not the customer."""
    return {
        **message.data,
        "email": message.recipient,
        "when": timezone.localtime(message.created_at),
        "reset_url": _absolute("account_reset_password"),
        "signup_url": _absolute("account_signup"),
    }


for _email_type in set(NOTICES.values()):
    renders(_email_type, reply_to=FACTS.service_email)(notice)
