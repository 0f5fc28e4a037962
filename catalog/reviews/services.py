"""Questions: ask, email the answer, forget email addresses."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from accounts.email_addresses import normalize_email
from catalog.models import Product
from catalog.reviews import emails
from catalog.reviews.models import Question

if TYPE_CHECKING:
    from accounts.users.models import User

#: The asker's email address is deleted this long after the answer.
KEEP_EMAIL = timedelta(days=90)


def ask(*, product: Product, text: str, email: str, user: "User | None" = None) -> Question:
    """Store a question for staff."""
    return Question.objects.create(
        product=product, text=text, email=normalize_email(email), user=user
    )


@transaction.atomic
def save_answer(question: Question, update_fields: set[str] | None = None) -> None:
    """Save what staff decided; the first time it is published, email the answer to the asker."""
    question.save(update_fields=update_fields)
    if question.is_published and question.email:
        emails.question_answered(question)


def delete_old_emails() -> int:
    """Delete the email addresses of questions that were answered long ago; return how many."""
    old = Question.objects.filter(answered_at__lt=timezone.now() - KEEP_EMAIL)
    return old.exclude(email="").update(email="")
