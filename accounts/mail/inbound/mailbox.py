"""The bounce mailbox, read over IMAP: for mail servers that do not report by a webhook."""

import hashlib
import logging
import ssl
from collections import Counter
from email import message_from_bytes, policy
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from imap_tools import BaseMailBox, MailBox, MailBoxUnencrypted

from accounts.mail.inbound.processing import process

logger = logging.getLogger(__name__)

MAX_BYTES = 2_000_000  # larger emails are left for staff: reports return one email of ours at most
MAX_EMAILS = 500  # per run; the next run continues
KEEP_SEEN = 7 * 86_400  # seconds until an email that was left for staff is read again
_TIMEOUT = 30  # seconds, for each answer of the server


def read_bounces() -> Counter[str]:
    """Process and delete the emails in BOUNCE_MAILBOX_URL that do not need staff.

    Returns how many were processed (deleted) and left for staff. A run after an interrupted one
    repeats nothing: each email is identified by the SHA-256 of its content. Raises
    ImproperlyConfigured for a wrong URL, OSError or ImapToolsError if the server does not respond.
    """
    done: Counter[str] = Counter()
    with _connect(settings.BOUNCE_MAILBOX_URL) as mailbox:
        for uid in mailbox.uids("UNDELETED"):
            seen = f"bounce-mailbox:{uid}"
            if cache.get(seen):
                continue
            if done.total() == MAX_EMAILS:
                break
            if _is_processed(mailbox, uid):
                mailbox.delete(uid)
                done["processed"] += 1
            else:
                cache.set(seen, True, KEEP_SEEN)
                done["left"] += 1
    return done


def _connect(url: str) -> BaseMailBox:
    """Log in at `imaps://name:secret@host/Folder`; without TLS only on this machine."""
    parts = urlsplit(url)
    host, name, secret = parts.hostname or "", unquote(parts.username or ""), parts.password or ""
    if parts.scheme not in {"imap", "imaps"} or not host or not name:
        raise ImproperlyConfigured("A mailbox is imaps://name:secret@host or …/Folder.")
    mailbox: BaseMailBox
    if parts.scheme == "imaps":
        context = ssl.create_default_context()
        mailbox = MailBox(host, parts.port or 993, timeout=_TIMEOUT, ssl_context=context)
    elif host in {"127.0.0.1", "localhost", "::1"}:
        mailbox = MailBoxUnencrypted(host, parts.port or 143, timeout=_TIMEOUT)
    else:
        raise ImproperlyConfigured("Without TLS a mailbox is read on this machine only.")
    return mailbox.login(name, unquote(secret), unquote(parts.path.strip("/")) or "INBOX")


def _is_processed(mailbox: BaseMailBox, uid: str) -> bool:
    """Process one email. On an error it stays in the mailbox, and the run continues."""
    try:
        for head in mailbox.fetch(uid_list=uid, headers_only=True, mark_seen=False):
            if head.size_rfc822 > MAX_BYTES:
                return False
        for message in mailbox.fetch(uid_list=uid, mark_seen=False):
            raw = message.obj.as_bytes()
            email = message_from_bytes(raw, policy=policy.default)
            return process(email, provider="mailbox", event_id=hashlib.sha256(raw).hexdigest())
    except (DatabaseError, OSError):  # nothing is wrong with the email: the next run reads it
        raise
    except Exception as error:
        logger.error("an email of the bounce mailbox is left: %s", type(error).__name__)
    return False
