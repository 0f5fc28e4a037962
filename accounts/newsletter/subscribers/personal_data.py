"""The data that the newsletter stores about one person, for data access requests."""

from typing import Any

from django.apps import apps

from accounts.newsletter.subscribers.email_hash import hash_email
from accounts.newsletter.subscribers.models import Consent, Subscriber, Suppression


def personal_data(subscriber: Subscriber) -> dict[str, Any]:
    """Return plain values for JSON. Names of staff are left out: they are other people's data."""
    email_hash = hash_email(subscriber.email)
    fields = (
        "email", "name", "country", "job_title", "purchasing_role", "company", "certification",
        "clicks_counted", "paused_until",
    )  # fmt: skip
    suppression = Suppression.objects.filter(email_hash=email_hash).first()
    feedback = apps.get_model("newsletter", "Feedback")  # campaigns/ is the layer above
    deliveries = subscriber.deliveries.order_by("pk")
    return {
        **{name: getattr(subscriber, name) for name in fields},
        "state": subscriber.get_state_display(),
        "topics": [topic.name for topic in subscriber.topics.all()],
        "created": subscriber.created_at,
        "confirmed": subscriber.confirmed_at,
        "unsubscribed": subscriber.unsubscribed_at,
        "consents": [_consent(each) for each in Consent.objects.filter(email_hash=email_hash)],
        "events": list(subscriber.events.values("at", "what", "note")),
        "campaigns": [
            {"campaign": subject, "state": state, "sent": sent}
            for subject, state, sent in deliveries.values_list(
                "campaign__subject", "state", "sent_at"
            )
        ],
        "bounces_and_complaints": list(
            feedback.objects.filter(email_hash=email_hash).values("at", "type", "detail")
        ),
        "suppressed": suppression.get_reason_display() if suppression else None,
    }


def _consent(each: Consent) -> dict[str, Any]:
    return {
        "text": each.text,
        "policy": str(each.version) if each.version else None,
        "topics": each.topics,
        "source": each.get_source_display(),
        "origin": each.origin,
        "network": each.network,
        "requested": each.requested_at,
        "confirmed": each.confirmed_at,
        "withdrawn": each.withdrawn_at,
        "withdrawn_how": each.withdrawn_how,
    }
