"""A letter to a member of staff, to see it in a real mail program. It is no delivery: nothing of
the campaign counts it."""

import secrets
from typing import TYPE_CHECKING, Any

from django.utils.safestring import mark_safe

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from accounts.newsletter.models import Campaign, Subscriber
from accounts.newsletter.writing.samples import as_stored, unlinked

if TYPE_CHECKING:
    from accounts.users.models import User


def addresses_of(user: "User") -> list[str]:
    """Return where somebody may send a test: their own proved addresses, the main one first."""
    proved = user.emailaddress_set.filter(verified=True).order_by("-primary", "email")
    return list(proved.values_list("email", flat=True))


def send_test(
    campaign: Campaign, *, to: str, reader: Subscriber | None = None, other: bool = False
) -> Message:
    """Queue a letter as it is saved now, as a reader (or a made-up one) would get it; `other`: with
    the second subject."""
    data = {"campaign": campaign.pk, "reader": reader.pk if reader else None, "other": other}
    cause = f"letter:{campaign.pk}:{secrets.token_hex(6)}"
    return outbox.add("newsletter-test", subject_id=cause, to=to, data=data)


@renders("newsletter-test", keep=False)
def _test(message: Message) -> dict[str, Any]:
    """Both parts are whole: their templates only print them."""
    campaign = Campaign.objects.filter(pk=message.data["campaign"]).first()
    if campaign is None:
        raise NoLongerNeeded("The letter was deleted.")
    reader = unlinked(Subscriber.objects.filter(pk=message.data["reader"]).first())
    letter = as_stored(campaign, reader)
    return {
        "letter_subject": campaign.subject_b if message.data["other"] else campaign.subject,
        "letter_html": mark_safe(letter.html),  # noqa: S308 (cleaned when it was written)
        "letter_text": letter.text,
        "reply_to": campaign.reply_to,
    }
