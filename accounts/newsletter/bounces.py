"""The bounce mailbox: where mail servers write to that do not report by a webhook."""

import hashlib
import logging
from collections import Counter
from email import message_from_bytes, policy

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError

from accounts.newsletter.inbound import take
from accounts.newsletter.mailboxes import Mailbox, opened

logger = logging.getLogger(__name__)

#: What is larger is for a person: a report returns one letter of ours at most (bytes).
LARGEST = 2_000_000
#: Mails in one visit. Servers lock a mailbox for its length; the next visit goes on.
ONE_VISIT = 500
#: A mail that was left for a person is not read again within this time (seconds).
LOOKED_AT = 7 * 86_400


def read_bounces() -> Counter[str]:
    """Empty the mailbox of BOUNCE_MAILBOX_URL of what a program can deal with.

    Returns how many mails were dealt with ("taken", deleted) and left for a person ("left").
    A visit that breaks off deletes nothing; what it did is not done twice, since each mail is
    known by the SHA-256 of what it says.
    """
    done: Counter[str] = Counter()
    with opened(settings.BOUNCE_MAILBOX_URL) as box:
        for name, size in box.names():
            seen = f"bounce-mailbox:{hashlib.sha256(name.encode()).hexdigest()}"
            if cache.get(seen):
                continue
            if sum(done.values()) == ONE_VISIT:
                break
            if size <= LARGEST and _is_taken(box, name):
                box.delete(name)
                done["taken"] += 1
            else:
                cache.set(seen, True, LOOKED_AT)
                done["left"] += 1
    return done


def _is_taken(box: Mailbox, name: str) -> bool:
    """Read one mail and do what it asks for. One that breaks us is left, and hinders no other."""
    raw = box.read(name)
    try:
        known_as = hashlib.sha256(raw).hexdigest()
        mail = message_from_bytes(raw, policy=policy.default)
        return take(mail, provider="mailbox", event_id=known_as)
    except DatabaseError:  # nothing is wrong with the mail: the next visit reads it again
        raise
    except Exception as problem:
        logger.error("a mail of the bounce mailbox is left: %s", type(problem).__name__)
        return False
