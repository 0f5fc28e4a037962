"""Sample of the email with an answer."""

from typing import Any

from django.conf import settings

from accounts.mail.samples import sample_for


@sample_for("question-answered")
def question_answered() -> dict[str, Any]:
    """A customer asked about the Butterfly."""
    return {
        "title": "Carbon Butterfly, ready to fly",
        "question": "Does it fly in a living room of 4 × 5 m?",
        "answer": "Yes. Trim it for slow left turns first.",
        "product_url": f"{settings.SITE_URL}/catalogue/carbon-butterfly_7/#questions",
    }
