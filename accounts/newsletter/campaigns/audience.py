"""Who gets a campaign: when it is counted, when it is prepared, and again when it is sent."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.newsletter.campaigns.models import Campaign
from accounts.newsletter.subscribers.models import Subscriber, SubscriberState
from accounts.newsletter.subscribers.unsubscribe import suppressed

People = QuerySet[Subscriber]


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on the audience. Its value is stored in `Campaign.audience[name]` as JSON."""

    name: str
    field: Callable[[], forms.Field]  # its label says what the condition is; empty sets none
    #: Narrows subscribers by the field's cleaned value, without joins that repeat rows.
    apply: Callable[[People, Any], People]


FILTERS: dict[str, Filter] = {}


def register(new: Filter) -> None:
    """Offer a filter in every campaign. Higher packages register their own."""
    FILTERS[new.name] = new


def audience_of(campaign: Campaign) -> People:
    """Return whom a campaign is for, without an order. Suppressed addresses are skipped later, see
    `skip_reasons`. Raises KeyError for an unknown filter: better no email than to the wrong people.
    """
    people: People = Subscriber.objects.reachable().filter(topics=campaign.topic_id)
    for name, value in campaign.audience.items():
        if value not in (None, "", []):
            people = FILTERS[name].apply(people, value)
    return people


def skip_reasons(campaign: Campaign, people: list[Subscriber]) -> dict[int, str]:
    """Return which of some freshly read subscribers get no email now, by their keys, and why."""
    wanted = Subscriber.objects.filter(pk__in=[one.pk for one in people], topics=campaign.topic_id)
    with_topic = set(wanted.values_list("pk", flat=True))
    blocked = suppressed(person.email for person in people)
    reasons: dict[int, str] = {}
    for person in people:
        if person.state != SubscriberState.ACTIVE:
            reasons[person.pk] = person.get_state_display()
        elif person.email in blocked:
            reasons[person.pk] = _("On the suppression list")
        elif person.pk not in with_topic:
            reasons[person.pk] = _("No longer subscribed to the topic")
        elif person.is_paused:
            reasons[person.pk] = _("Paused")
    return reasons


def _countries() -> forms.Field:
    codes = Subscriber.objects.exclude(country="").values_list("country", flat=True)
    return forms.MultipleChoiceField(
        choices=[(code, code) for code in codes.distinct().order_by("country")],
        required=False,
        label=_("Country"),
        widget=forms.CheckboxSelectMultiple,
    )


def _contains(name: str, label: Any) -> Filter:
    return Filter(
        name,
        lambda: forms.CharField(max_length=80, required=False, label=label),
        lambda people, value: people.filter(**{f"{name}__icontains": value}),
    )


register(Filter("country", _countries, lambda people, codes: people.filter(country__in=codes)))
register(_contains("job_title", gettext_lazy("Job title contains")))
register(_contains("purchasing_role", gettext_lazy("Purchasing role contains")))
register(_contains("company", gettext_lazy("Company contains")))
register(_contains("certification", gettext_lazy("Certification contains")))
