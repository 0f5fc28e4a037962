"""The email with the answer to a question."""

from typing import Any

from django.conf import settings

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from catalog.reviews.models import Question, QuestionState


def question_answered(question: Question) -> None:
    """Send the answer, once."""
    cause, data = f"question:{question.pk}", {"question": question.pk}
    outbox.add("question-answered", subject_id=cause, to=question.email, data=data)


@renders("question-answered")
def question_answered_context(message: Message) -> dict[str, Any]:
    """Return the question, its answer and the product."""
    published = Question.objects.filter(state=QuestionState.PUBLISHED).select_related("product")
    question = published.filter(pk=message.data["question"]).first()
    if question is None:
        raise NoLongerNeeded("The question was deleted or is not published any more.")
    return {
        "title": question.product.get_title(),
        "question": question.text,
        "answer": question.answer,
        "product_url": f"{settings.SITE_URL}{question.product.get_absolute_url()}#questions",
    }
