"""Who of the staff did what with subscribers, in Django's own log and in their history."""

from typing import TYPE_CHECKING, cast

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest

from accounts.newsletter.models import Subscriber

if TYPE_CHECKING:
    from accounts.users.models import User


def by_line(request: HttpRequest) -> str:
    """Return how a member of staff is named in a history."""
    return str(request.user)[:60]


def log(request: HttpRequest, words: str, pk: int | None = None, flag: int = CHANGE) -> None:
    """Note what was done. A person is named by number, never by address: the log outlives them."""
    LogEntry.objects.create(
        user_id=cast("User", request.user).pk,
        content_type=ContentType.objects.get_for_model(Subscriber),
        object_id=None if pk is None else str(pk),
        object_repr="Subscribers" if pk is None else f"Subscriber {pk}",
        action_flag=flag,
        change_message=words,
    )
