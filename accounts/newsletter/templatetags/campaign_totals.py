"""`{% campaign_totals campaign %}`: the panel of a campaign's totals in the admin."""

from typing import Any

from django import template

from accounts.newsletter.campaigns.models import Campaign
from accounts.newsletter.campaigns.progress import totals_of

register = template.Library()


@register.inclusion_tag("admin/newsletter/_totals.html")
def campaign_totals(campaign: Campaign) -> dict[str, Any]:
    """Show the totals: two queries."""
    return {"campaign": campaign, "totals": totals_of(campaign)}
