"""Signed links: to prove an address, and to undo a leaving. Links to leave are the subscriber's
own token, which is good for ever; see personal.py."""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from accounts.newsletter.models import Subscriber

#: How long a sign-up can be confirmed by the link that was sent.
CONFIRM_WITHIN = timedelta(days=7)
#: How long the page that says goodbye offers the way back.
UNDO_WITHIN = timedelta(hours=1)
_CONFIRM, _UNDO = "newsletter-confirm", "newsletter-undo"
LONGEST = 200  # characters of a token or code that is looked at


class LinkExpired(Exception):
    """The link was ours, but it is too old."""


class LinkUnknown(Exception):
    """The link is none of ours."""


def confirm_url(consent_pk: int) -> str:
    """Return the absolute address that proves the address of a consent."""
    token = signing.TimestampSigner(salt=_CONFIRM).sign(str(consent_pk))
    return settings.SITE_URL + reverse("newsletter:confirm", args=[token])


def consent_of(token: str) -> int:
    """Return which consent a link confirms. Raises LinkExpired or LinkUnknown."""
    return int(_read(token, _CONFIRM, CONFIRM_WITHIN))


def undo_token(code: str) -> str:
    """Return what undoes a leaving by this code, for an hour. Every code gets one, also a wrong
    one: the page that carries it must not tell them apart."""
    return signing.TimestampSigner(salt=_UNDO).sign(code[:LONGEST])


def undone_code(token: str) -> str:
    """Return the code that somebody left by. Raises LinkExpired or LinkUnknown."""
    return _read(token, _UNDO, UNDO_WITHIN)


def _read(token: str, salt: str, within: timedelta) -> str:
    try:
        return signing.TimestampSigner(salt=salt).unsign(token[: 2 * LONGEST], max_age=within)
    except signing.SignatureExpired as error:
        raise LinkExpired from error
    except signing.BadSignature as error:
        raise LinkUnknown from error


def preferences_url(subscriber: Subscriber) -> str:
    """Return the absolute address of somebody's preference page; it is good for ever."""
    return settings.SITE_URL + reverse("newsletter:preferences", args=[subscriber.token])


def leave_url(subscriber: Subscriber) -> str:
    """Return the absolute address by which somebody leaves; it is good for ever."""
    return settings.SITE_URL + reverse("newsletter:leave", args=[subscriber.token])
