"""allauth, spoken to in this shop's words."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Where log-in and sign-up differ from allauth's defaults."""
