"""Who gets a campaign: asked when it is counted, when it is prepared, and again when it is sent."""

from django.db.models import QuerySet
from django.utils import timezone

from accounts.newsletter.models import Campaign, Subscriber
from accounts.newsletter.segments import narrowed
from accounts.newsletter.states import SubscriberState
from accounts.newsletter.suppression import suppressed


def audience_of(campaign: Campaign) -> "QuerySet[Subscriber]":
    """Return whom a campaign is for, without an order. Suppressed addresses are not taken out
    here: see `skip_reasons`, which the worker asks for each letter."""
    people = Subscriber.objects.reachable().filter(topics=campaign.topic_id)
    return narrowed(people, campaign.audience)


def skip_reasons(campaign: Campaign, people: list[Subscriber]) -> dict[int, str]:
    """Return who of some freshly read subscribers is not to be written to, and why: two queries.

    Key is the subscriber's; the reason is for staff. This is the last look before sending:
    consent, pause, topic and suppression as they are now.
    """
    wants = set(
        Subscriber.objects.filter(
            pk__in=[person.pk for person in people], topics=campaign.topic_id
        ).values_list("pk", flat=True)
    )
    blocked = suppressed(person.email for person in people)
    today = timezone.localdate()
    reasons: dict[int, str] = {}
    for person in people:
        if person.state != SubscriberState.ACTIVE:
            reasons[person.pk] = person.get_state_display()
        elif person.email in blocked:
            reasons[person.pk] = "on the suppression list"
        elif person.pk not in wants:
            reasons[person.pk] = "does not want this topic any more"
        elif person.paused_until and person.paused_until > today:
            reasons[person.pk] = "in a pause"
    return reasons
