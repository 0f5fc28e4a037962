"""Telling the room of bounces what a mail server said at once."""

from accounts.newsletter import feedback
from accounts.newsletter.sending.ids import message_id_of
from accounts.newsletter.sending.outcomes import Outcome
from accounts.newsletter.statuses import kind_of_answer


def note(outcome: Outcome, email: str) -> None:
    """Report that a server refused a recipient: who is not there gets no more letters. A relay
    that turns us away, or a full mailbox, shuts nobody out at once."""
    feedback.note(
        "smtp",
        f"delivery:{outcome.pk}",
        kind_of_answer(outcome.reason),
        email,
        letter=message_id_of(outcome.pk),
        detail=outcome.reason,
    )
