"""Registers the newsletter's admin pages, where Django looks for them."""

from accounts.newsletter.campaigns import admin as campaign_admin
from accounts.newsletter.campaigns import delivery_admin
from accounts.newsletter.subscribers import admin as subscriber_admin
from accounts.newsletter.subscribers import import_admin

__all__ = ["campaign_admin", "delivery_admin", "import_admin", "subscriber_admin"]
