"""What a view behind log-in may lean on."""

from django.http import HttpRequest

from accounts.users.models import User


class CustomerRequest(HttpRequest):
    """A request whose sender is known: `login_required` has seen to it."""

    user: User
