"""`{% letter_totals campaign %}`: the panel of a campaign's totals, for the pages of staff."""

from typing import Any

from django import template

from accounts.newsletter.models import Campaign
from accounts.newsletter.totals import totals_of

register = template.Library()


@register.inclusion_tag("admin/newsletter/_totals.html")
def letter_totals(campaign: Campaign) -> dict[str, Any]:
    """Show what became of a letter: two queries."""
    return {"campaign": campaign, "totals": totals_of(campaign)}
