"""allauth's adapter: our error messages, and every email becomes an outbox row."""

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import emails

if TYPE_CHECKING:
    from accounts.users.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Where login and registration differ from allauth's defaults."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("This account is closed."),
        "duplicate_email": _("This is already your email address."),
        "email_password_mismatch": _("The email address or the password is incorrect."),
        "email_taken": _("This email address already has an account."),
        "enter_current_password": _("Enter your current password."),
        "incorrect_code": _("This code is incorrect."),
        "incorrect_password": _("The password is incorrect."),
        "same_as_current": _("Choose a password different from the current one."),
        "too_many_login_attempts": _("Too many attempts. Please wait a few minutes."),
        "rate_limited": _("Too many attempts. Please wait a few minutes."),
    }

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue a notice. Raises KeyError for an email of allauth's that has no template here."""
        emails.account_notice(emails.NOTICES[template_prefix], to=email, context=context)

    def send_confirmation_mail(
        self, request: HttpRequest, emailconfirmation: Any, signup: bool
    ) -> None:
        """Queue the verification email. The link is created in the worker."""
        emails.verify_email(emailconfirmation.email_address)

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Queue the password reset. The link is created in the worker; allauth's is discarded."""
        emails.password_reset(user, email)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Mark an address as verified, and welcome an account at its first one."""
        confirmed = super().confirm_email(request, email_address)
        if confirmed:
            user: User = email_address.user
            emails.welcome_once(user, email_address.email)
        return confirmed
