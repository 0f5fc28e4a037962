"""allauth, spoken to in this shop's words: every letter it wants to send becomes an outbox row."""

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.http import HttpRequest

from accounts import emails

if TYPE_CHECKING:
    from accounts.users.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Where log-in and sign-up differ from allauth's defaults."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": "This account is closed.",
        "duplicate_email": "This is your address already.",
        "email_password_mismatch": "The e-mail address or the password is not right.",
        "email_taken": "This e-mail address already has an account.",
        "enter_current_password": "Enter your present password.",
        "incorrect_code": "This code is not right.",
        "incorrect_password": "The password is not right.",
        "same_as_current": "This is what it is already.",
        "too_many_login_attempts": "Too many tries. Please wait a few minutes.",
        "rate_limited": "Too many tries. Please wait a few minutes.",
    }

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write a notice. Raises KeyError for a letter of allauth's that we do not know."""
        emails.account_notice(emails.NOTICES[template_prefix], to=email, context=context)

    def send_confirmation_mail(
        self, request: HttpRequest, emailconfirmation: Any, signup: bool
    ) -> None:
        """Ask for proof that an address is its owner's. The link is made in the worker."""
        emails.verify_email(emailconfirmation.email_address)

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Offer a new password. The link is made in the worker; allauth's is thrown away."""
        emails.password_reset(user, email)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Mark an address as verified, and welcome an account at its first one."""
        confirmed = super().confirm_email(request, email_address)
        if confirmed:
            user: User = email_address.user
            emails.welcome_once(user, email_address.email)
        return confirmed
