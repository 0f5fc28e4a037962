"""Signed links in the letters: to prove an address, and to hear no more."""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

#: How long an address can be proved by the link that was sent to it.
PROVE_WITHIN = timedelta(hours=48)
_PROVE, _END = "asking-prove", "asking-end"


class LinkExpired(Exception):
    """The link was ours, but it is too old."""


def prove_url(pk: int) -> str:
    """Return the absolute address that proves an asking's e-mail address."""
    token = signing.TimestampSigner(salt=_PROVE).sign(str(pk))
    return settings.SITE_URL + reverse("waiting:prove", args=[token])


def proved(token: str) -> int | None:
    """Return the asking of a link, None for one that is not ours; raise LinkExpired."""
    try:
        text = signing.TimestampSigner(salt=_PROVE).unsign(token, max_age=PROVE_WITHIN)
    except signing.SignatureExpired as error:
        raise LinkExpired from error
    except signing.BadSignature:
        return None
    return int(text)


def end_url(pk: int) -> str:
    """Return the absolute address that ends all that the e-mail address of an asking waits for.

    It names the asking's row: an e-mail address in it would stand in every server's log.
    """
    token = signing.Signer(salt=_END).sign(str(pk))
    return settings.SITE_URL + reverse("waiting:end", args=[token])


def ended(token: str) -> int | None:
    """Return the asking of a link, None for one that is not ours. It does not expire."""
    try:
        return int(signing.Signer(salt=_END).unsign(token))
    except signing.BadSignature:
        return None
