"""The request type of views that require a login."""

from django.http import HttpRequest

from accounts.users.models import User


class CustomerRequest(HttpRequest):
    """A request of a logged-in customer, for views with `login_required`."""

    user: User
