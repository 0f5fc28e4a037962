"""The demo's calendars, and an away period that staff can switch on."""

from datetime import timedelta

from django.utils import timezone

from microflight.core.business import FACTS
from policies.opening import holiday_import
from policies.opening.models import AwayPeriod


def load() -> None:
    """Fill the calendars; add an inactive away period if there is none."""
    holiday_import.fill()
    if AwayPeriod.objects.exists():
        return
    today = timezone.localdate()
    AwayPeriod.objects.create(
        starts_on=today,
        reopens_on=today + timedelta(days=90),
        text="The workshop is closed for the season.",
        mailbox=FACTS.service_email,
        active=False,
    )
