"""The invitation of a staff member. The link is made in the worker, so that no row stores it."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from accounts.staff.invitations import TOKENS
from accounts.users.models import User
from microflight.core.business import FACTS


@renders("staff-invitation", keep=False, urgent=True, reply_to=FACTS.service_email)
def invitation(message: Message) -> dict[str, Any]:
    """Return who invites, the roles, and the link, which works once."""
    user = User.objects.filter(pk=message.data["user"], is_active=True, is_staff=False).first()
    roles = list(user.groups.order_by("name").values_list("name", flat=True)) if user else []
    if user is None or not roles:
        raise NoLongerNeeded("The invitation was accepted or withdrawn before it was sent.")
    by = User.objects.filter(pk=message.data["by"]).first()
    link = reverse("staff-invitation", args=[user.pk, TOKENS.make_token(user)])
    return {
        "name": user.first_name,
        "inviter": str(by.get_full_name() or by.email) if by else "",
        "roles": ", ".join(roles),
        "link": settings.SITE_URL + link,
    }
