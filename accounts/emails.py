"""Letters about an account: what they show. Secret links are made here, in the worker."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from accounts.users.models import User
from microflight.business import FACTS


def _absolute(name: str, **kwargs: object) -> str:
    return settings.SITE_URL + reverse(name, kwargs=kwargs)


def _user(message: Message) -> User:
    user = User.objects.filter(pk=message.data["user"], is_active=True).first()
    if user is None:
        raise NoLongerNeeded("The account was closed before this could be sent.")
    return user


@renders("welcome", reply_to=FACTS.service_email)
def welcome(message: Message) -> dict[str, Any]:
    """Greet somebody whose address is confirmed."""
    return {"name": _user(message).first_name, "account_url": _absolute("customer:summary")}
