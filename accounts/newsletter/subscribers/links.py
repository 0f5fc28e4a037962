"""Links in emails: signed ones that expire, and the subscriber's own, which never expire.

Reading a signed link raises Django's SignatureExpired for one that is too old, and BadSignature for
one that is not ours.
"""

import hashlib
from datetime import timedelta

from django.conf import settings
from django.core.signing import TimestampSigner
from django.urls import reverse

from accounts.newsletter.subscribers.models import Consent, Subscriber

CONFIRM_WITHIN = timedelta(days=7)
RESUBSCRIBE_WITHIN = timedelta(hours=1)
MAX_LENGTH = 200  # characters of a token or code that are read
_CONFIRM = TimestampSigner(salt="newsletter-confirm")
_RESUBSCRIBE = TimestampSigner(salt="newsletter-resubscribe")


def _url(name: str, code: str) -> str:
    return settings.SITE_URL + reverse(f"newsletter:{name}", args=[code])


def confirm_url(consent_pk: int) -> str:
    """Return the absolute URL that confirms the address of a consent."""
    return _url("confirm", _CONFIRM.sign(str(consent_pk)))


def consent_of(token: str) -> int:
    """Return which consent a link confirms. Raises BadSignature."""
    return int(_CONFIRM.unsign(token[: 2 * MAX_LENGTH], max_age=CONFIRM_WITHIN))


def resubscribe_token(code: str) -> str:
    """Return what undoes unsubscribing by this code, for an hour. Every code gets one, also an
    unknown one: the page must not tell them apart."""
    return _RESUBSCRIBE.sign(code[:MAX_LENGTH])


def code_of(token: str) -> str:
    """Return the code of an unsubscribe link. Raises BadSignature."""
    return _RESUBSCRIBE.unsign(token[: 2 * MAX_LENGTH], max_age=RESUBSCRIBE_WITHIN)


def preferences_url(subscriber: Subscriber) -> str:
    """Return the absolute URL of a subscriber's preferences page."""
    return _url("preferences", subscriber.token)


def unsubscribe_url(subscriber: Subscriber) -> str:
    """Return the absolute URL by which a subscriber unsubscribes."""
    return _url("unsubscribe", subscriber.token)


def split_code(code: str) -> tuple[str, str]:
    """Return the subscriber's token and the campaign's key (or "") of a code."""
    token, _, key = code[:MAX_LENGTH].replace("\0", "").partition(".")  # PostgreSQL takes no NUL
    return token, key


def subscriber_of(code: str) -> Subscriber | None:
    """Return whose link this is: one query. None: erased, or a guess."""
    return Subscriber.objects.filter(token=split_code(code)[0]).first()


def subscriber_to_end(code: str) -> Subscriber | None:
    """Return whom a link unsubscribes: its subscriber, or, for the link of an older, deleted row of
    the same address, the subscriber of today."""
    if subscriber := subscriber_of(code):
        return subscriber
    old = Consent.objects.filter(old_token_hash=_token_hash(code.partition(".")[0]))
    return Subscriber.objects.filter(consents__email_hash__in=old.values("email_hash")).first()


def keep_unsubscribe_link(subscriber: Subscriber) -> None:
    """Let the links in a subscriber's emails unsubscribe even after the row is deleted, should the
    same address subscribe again. Call it right before the row is deleted."""
    consents = subscriber.consents.exclude(confirmed_at=None)
    consents.update(old_token_hash=_token_hash(subscriber.token))


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
