"""Ways to narrow an audience. Each room registers what it knows of people."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet

from accounts.newsletter.models import Subscriber


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition that staff may set. Its value lies in `Campaign.audience[name]` as JSON."""

    name: str
    #: Makes the field of the form; its label says what the condition is. Empty sets none.
    field: Callable[[], forms.Field]
    #: Narrows subscribers by the field's cleaned value, in SQL, without joins that repeat rows.
    apply: Callable[["QuerySet[Subscriber]", Any], "QuerySet[Subscriber]"]


FILTERS: dict[str, Filter] = {}


def register(new: Filter) -> None:
    """Offer a condition in every campaign."""
    FILTERS[new.name] = new


def narrowed(people: "QuerySet[Subscriber]", audience: dict[str, Any]) -> "QuerySet[Subscriber]":
    """Apply every condition of a campaign. Raises KeyError for one that no room registered:
    better no letter than one to the wrong people."""
    for name, value in audience.items():
        if value not in (None, "", []):
            people = FILTERS[name].apply(people, value)
    return people
