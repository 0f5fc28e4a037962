"""What a mail server's status code says of an address."""

import re

from accounts.newsletter.models import FeedbackKind

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
#: Subject and detail (RFC 3463) that say: nobody is there. The rest of class 5 is about a full
#: mailbox, the size, the route, the contents or a rule, and may be over tomorrow.
_NOBODY_THERE = {(2, 1), (4, 4), (0, 0), (1, 0), (1, 1), (1, 2), (1, 3), (1, 6), (1, 9), (1, 10)}
#: What a server without enhanced codes says of a recipient (RFC 5321), and words by which it turns
#: us away instead: whoever it was asked about is not at fault.
_NO_RECIPIENT = ("550", "551", "553")
_TURNED_AWAY = re.compile(r"relay|spam|block|polic|denied|authent|reputation", re.IGNORECASE)


def status_in(text: str) -> str:
    """Return the first enhanced status code in a server's answer, such as "5.1.1", or ""."""
    found = _STATUS.search(text)
    return found[0] if found else ""


def kind_of(status: str) -> FeedbackKind:
    """Return what a final refusal with this status means; an unreadable one is for now."""
    found = _STATUS.fullmatch(status.strip())
    if found and found[1] == "5" and (int(found[2]), int(found[3])) in _NOBODY_THERE:
        return FeedbackKind.HARD
    return FeedbackKind.SOFT


def kind_of_answer(answer: str) -> FeedbackKind:
    """Return what a server's answer to a recipient means, such as "550 5.1.1 no such user"."""
    if status := status_in(answer):
        return kind_of(status)
    is_gone = answer.startswith(_NO_RECIPIENT) and not _TURNED_AWAY.search(answer)
    return FeedbackKind.HARD if is_gone else FeedbackKind.SOFT
