"""Signed links in the emails: one confirms an address, one cancels its requests."""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from microflight.core.errors import LinkExpired

#: How long a confirmation link is valid.
CONFIRM_WITHIN = timedelta(hours=48)
_CONFIRM, _CANCEL = "back-in-stock-confirm", "back-in-stock-cancel"


def confirm_url(pk: int) -> str:
    """Return the absolute URL that confirms the email address of a request."""
    token = signing.TimestampSigner(salt=_CONFIRM).sign(str(pk))
    return settings.SITE_URL + reverse("back_in_stock:confirm", args=[token])


def read_confirm(token: str) -> int | None:
    """Return a link's request ID, None if it is not ours; raises LinkExpired."""
    try:
        text = signing.TimestampSigner(salt=_CONFIRM).unsign(token, max_age=CONFIRM_WITHIN)
    except signing.SignatureExpired as error:
        raise LinkExpired from error
    except signing.BadSignature:
        return None
    return int(text)


def cancel_url(pk: int) -> str:
    """Return the absolute URL that cancels all requests of the email address of a request.

    It contains the request's ID: an email address would end up in every server's log.
    """
    token = signing.Signer(salt=_CANCEL).sign(str(pk))
    return settings.SITE_URL + reverse("back_in_stock:cancel", args=[token])


def read_cancel(token: str) -> int | None:
    """Return a link's request ID, None if it is not ours. It does not expire."""
    try:
        return int(signing.Signer(salt=_CANCEL).unsign(token))
    except signing.BadSignature:
        return None
