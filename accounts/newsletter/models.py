"""All models of the newsletter, where Django looks for them."""

from accounts.newsletter.campaigns.models import *  # noqa: F403
from accounts.newsletter.subscribers.models import *  # noqa: F403
