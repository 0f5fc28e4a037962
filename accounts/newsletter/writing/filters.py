"""The conditions that a subscriber's own row tells: country and what they said of themselves."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from accounts.newsletter.models import Subscriber
from accounts.newsletter.segments import Filter, register

#: Of what people told us; staff look for words in it.
SAID = {
    "job_title": "Job title says",
    "purchasing_role": "Purchasing role says",
    "company": "Company says",
    "certification": "Certification says",
}


def _countries() -> forms.Field:
    """Those that somebody named: one small query when the form is shown."""
    named = Subscriber.objects.exclude(country="").values_list("country", flat=True)
    codes = sorted(set(named.distinct().order_by()))
    return forms.MultipleChoiceField(
        choices=[(code, code) for code in codes], required=False, label="Country they named",
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip


def _in_country(people: "QuerySet[Subscriber]", codes: Any) -> "QuerySet[Subscriber]":
    return people.filter(country__in=codes)


def _saying(name: str, label: str) -> Filter:
    def narrow(people: "QuerySet[Subscriber]", words: Any) -> "QuerySet[Subscriber]":
        return people.filter(**{f"{name}__icontains": words})

    return Filter(
        name,
        lambda: forms.CharField(max_length=80, required=False, label=label),
        narrow,
    )


register(Filter("country", _countries, _in_country))
for _name, _label in SAID.items():
    register(_saying(_name, _label))
