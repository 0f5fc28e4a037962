"""All models of the newsletter, where Django looks for them."""

from accounts.newsletter.campaigns.models import *  # noqa: F403 (Django looks for models here)
from accounts.newsletter.subscribers.models import *  # noqa: F403 (likewise)
