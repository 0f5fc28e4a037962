"""Telling the room of bounces what a mail server said at once."""

from accounts.newsletter import feedback
from accounts.newsletter.models import FeedbackKind
from accounts.newsletter.sending.ids import message_id_of
from accounts.newsletter.sending.outcomes import Outcome


def note(outcome: Outcome, email: str) -> None:
    """Report that a server knows no such recipient: the address gets no more letters."""
    feedback.note(
        "smtp",
        f"delivery:{outcome.pk}",
        FeedbackKind.HARD,
        email,
        letter=message_id_of(outcome.pk),
        detail=outcome.reason,
    )
