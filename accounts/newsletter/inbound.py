"""What is done with a mail that came to us: a report, a wish to leave, or nothing for a machine.

Nothing that a mail says of its sender is believed: anybody can write any address behind "From", and
whoever gets us to believe it ends somebody else's letters. What proves a mail is what only the
right reader has: a letter's Message-ID, which carries our signature, or the token of their links.
"""

import re
from email.message import Message
from email.utils import parseaddr

from accounts.newsletter import emails, feedback, leaving
from accounts.newsletter.models import Campaign, FeedbackKind, Subscriber, normal
from accounts.newsletter.reports import Report, reports_in
from accounts.newsletter.states import SubscriberState

_CODE = re.compile(r"\bleave\s+([\w-]{16,40})(?:\.([\w-]{1,16}))?(?![\w-])", re.IGNORECASE)
#: A subject that asks for one thing only; "Leave a review?" is for people to read.
_ASKS = re.compile(
    r"(?:(?:re|fw|fwd)\s*:\s*)*(?:please\s+)?"
    r"(?:unsubscribe|leave|remove|stop|opt[\s-]?out)"
    r"(?:\s+(?:me|my|us|from|of|the|this|your|newsletters?|mailings?|lists?|address|letters?|"
    r"e-?mails?|mails?|please|sending))*[\s.!]*",
    re.IGNORECASE,
)


def take(mail: Message, *, provider: str, event_id: str) -> bool:
    """Do what a mail asks for; tell whether it is dealt with and need not be read by anybody.

    `event_id` names the mail at its provider: the same mail again changes nothing.
    """
    name = feedback.BY_MAIL + event_id
    found = reports_in(mail)
    if found is not None:
        for number, report in enumerate(found):
            _note(report, provider, f"{name}:{number}")
        return True
    subject = " ".join(str(mail.get("Subject") or "").split())
    if leaver := _holder_of(subject):
        person, campaign_key = leaver
        return _leave(person, campaign_key, provider, name)
    if _is_automatic(mail):
        return True
    return bool(_ASKS.fullmatch(subject)) and _ask_back(mail)


def _note(report: Report, provider: str, name: str) -> None:
    """Believe a report only of a letter that it can name. Whose server wrote it does not matter."""
    if not report.letter:
        return
    if report.kind is None:
        feedback.handed_over(report.letter)
    else:
        feedback.note(provider, name, report.kind, letter=report.letter, detail=report.detail)


def _holder_of(subject: str) -> tuple[Subscriber, str] | None:
    """Whose token stands behind the word "leave", and the campaign's key behind it."""
    found = _CODE.search(subject)
    if found is None:
        return None
    person, _ = leaving.who_leaves(found[1])
    return (person, found[2] or "") if person else None


def _leave(person: Subscriber, campaign_key: str, provider: str, name: str) -> bool:
    campaign = Campaign.objects.filter(key=campaign_key).first() if campaign_key else None
    feedback.note(provider, name, FeedbackKind.LEFT, person.email, campaign=campaign)
    return True


def _is_automatic(mail: Message) -> bool:
    """Written by a machine (RFC 3834): a holiday reply asks for nothing, and is never answered."""
    said = str(mail.get("Auto-Submitted") or "no").strip().lower()
    return (
        said != "no"
        or str(mail.get("Precedence") or "").strip().lower() in {"bulk", "junk", "list"}
        or mail.get("X-Autoreply") is not None
        or str(mail.get("Return-Path") or "").strip() == "<>"
    )


def _ask_back(mail: Message) -> bool:
    """Send the owner of the address behind "From" the link that leaves, once a day.

    Leaving at once would let anybody end anybody's letters; a stranger gets no answer, so that
    nobody can make us write to people we do not know, or learn who is on the list.
    """
    address = normal(parseaddr(str(mail.get("From") or ""))[1])
    is_askable = address and "\0" not in address  # PostgreSQL refuses the question
    person = Subscriber.objects.filter(email=address).first() if is_askable else None
    if person is None:
        return False  # perhaps another address of somebody: a person looks at it
    if person.state == SubscriberState.ACTIVE and emails.leave_by_mail(person):
        person.events.create(what="asked to leave by mail", note="Answered with the link.")
    return True
