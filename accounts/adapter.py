"""allauth's adapter: our error messages, and every email becomes an outbox row."""

import hashlib
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts import emails, known_browsers
from microflight.core.limits import client_ip, client_network, is_over_limit, within_limit

if TYPE_CHECKING:
    from accounts.users.models import User


HOUR = 3600
MAX_FAILURES = 100  # of one account in an hour, from all unknown browsers together
MAX_RESET_MAILS = 5  # to one address in an hour


def _hash(email: str) -> str:
    """Return a key for the cache, which gets no email addresses."""
    return hashlib.sha256(email.encode()).hexdigest()[:32]


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

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the visitor's IP address, for allauth's rate limits."""
        return client_ip(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Limit attempts: by account and network, or by the browser that knows the account."""
        login = str(credentials.get("email", "")).lower()
        browser = known_browsers.browser_of(request, login)
        if browser:
            self._login_failed_rl_usage = None
            allowed = within_limit("login-known", who=browser, most=10, seconds=300)
        else:
            allowed = not is_over_limit("login-failed", who=_hash(login), most=MAX_FAILURES)
        if not allowed:
            raise self.validation_error("too_many_login_attempts")
        if not browser:
            super().pre_authenticate(request, **credentials)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Count failures of an account from all networks: a limit for unknown browsers only."""
        login = str(credentials.get("email", "")).lower()
        within_limit("login-failed", who=_hash(login), most=MAX_FAILURES, seconds=HOUR)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Return allauth's key with the network: others cannot use up an owner's attempts."""
        key = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{key}:{client_network(request, v4=24, v6=48)}"

    def post_login(self, request: HttpRequest, user: Any, **how: Any) -> HttpResponse:
        """Remember the browser of a login, second factor included."""
        response: HttpResponse = super().post_login(request, user, **how)
        known_browsers.remember(request, response, user)
        return response

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue a notice. Raises KeyError for an email of allauth's that has no template here."""
        emails.account_notice(emails.NOTICES[template_prefix], to=email, context=context)

    def send_confirmation_mail(
        self, request: HttpRequest, emailconfirmation: Any, signup: bool
    ) -> None:
        """Queue the verification email. The link is created in the worker."""
        emails.verify_email(emailconfirmation.email_address)

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Queue the password reset. The link is created in the worker; allauth's is discarded.

        Strangers may request resets: beyond the limit the earlier emails have to do.
        """
        if within_limit("reset-mail", who=_hash(email.lower()), most=MAX_RESET_MAILS, seconds=HOUR):
            emails.password_reset(user, email)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Mark an address as verified, and welcome an account at its first one."""
        confirmed = super().confirm_email(request, email_address)
        if confirmed:
            user: User = email_address.user
            emails.welcome_once(user, email_address.email)
        return confirmed
