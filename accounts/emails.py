"""Letters about an account. The first half writes rows of the outbox; the second gathers, in the
worker, what each kind shows. Secret links are only made there, so that no row holds one."""

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

#: allauth's name of a notice: ours. The letters themselves are in templates/emails/<ours>/.
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
#: What of allauth's context a notice shows; address and browser of the visitor are not kept.
_SHOWN = ("from_email", "to_email", "deleted_email")


def _each_time(about: str) -> str:
    """A subject id that does not repeat: every request for such a letter is answered."""
    return f"{about}:{timezone.now():%Y%m%d%H%M%S%f}"


def welcome_once(user: User, to: str) -> None:
    """Greet an account when its first address is confirmed; later addresses change nothing."""
    cause = f"user:{user.pk}"
    if not Message.objects.filter(kind="welcome", subject_id=cause).exists():
        outbox.add("welcome", subject_id=cause, to=to, data={"user": user.pk})


def verify_email(address: EmailAddress) -> None:
    """Send a link that proves that an address is its owner's."""
    cause, data = _each_time(f"address:{address.pk}"), {"address": address.pk}
    outbox.add("verify-email", subject_id=cause, to=address.email, data=data)


def password_reset(user: User, to: str) -> None:
    """Send a link to choose a new password."""
    cause = _each_time(f"user:{user.pk}")
    outbox.add("password-reset", subject_id=cause, to=to, data={"user": user.pk})


def account_notice(kind: str, *, to: str, context: dict[str, Any]) -> None:
    """Tell somebody what happened to, or was tried with, their account."""
    data = {name: str(context[name]) for name in _SHOWN if name in context}
    outbox.add(kind, subject_id=_each_time("notice"), to=to, data=data)


def _absolute(name: str, *args: object) -> str:
    return settings.SITE_URL + reverse(name, args=args)


def _user(message: Message) -> User:
    user = User.objects.filter(pk=message.data["user"], is_active=True).first()
    if user is None:
        raise NoLongerNeeded("The account was closed before this could be sent.")
    return user


@renders("welcome", reply_to=FACTS.service_email)
def welcome(message: Message) -> dict[str, Any]:
    """Greet somebody whose address is confirmed."""
    return {"name": _user(message).first_name, "account_url": _absolute("customer:summary")}


@renders("verify-email", keep=False, urgent=True, reply_to=FACTS.service_email)
def verification(message: Message) -> dict[str, Any]:
    """The link that confirms an address; it lapses after the days that allauth gives it."""
    unproved = EmailAddress.objects.select_related("user").filter(verified=False)
    address = unproved.filter(pk=message.data["address"]).first()
    if address is None:
        raise NoLongerNeeded("The address was confirmed or removed before this could be sent.")
    link = _absolute("account_confirm_email", EmailConfirmationHMAC.create(address).key)
    return {"name": address.user.first_name, "link": link}


@renders("password-reset", keep=False, urgent=True, reply_to=FACTS.service_email)
def reset(message: Message) -> dict[str, Any]:
    """The link to a new password; it works once and not for long."""
    user = _user(message)
    token = default_token_generator.make_token(user)
    link = _absolute("account_reset_password_from_key", user_pk_to_url_str(user), token)
    return {"name": user.first_name, "link": link}


def notice(message: Message) -> dict[str, Any]:
    """When it happened, and where to go if it was somebody else."""
    return {
        **message.data,
        "email": message.recipient,
        "when": timezone.localtime(message.created_at),
        "reset_url": _absolute("account_reset_password"),
        "signup_url": _absolute("account_signup"),
    }


for _kind in set(NOTICES.values()):
    renders(_kind, reply_to=FACTS.service_email)(notice)
