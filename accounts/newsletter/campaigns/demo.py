"""A campaign draft for the demo. Only loaded by `seed_shop --demo-users`."""

from accounts.newsletter.campaigns.models import Campaign
from accounts.newsletter.subscribers import demo
from accounts.newsletter.subscribers.models import Topic

_DRAFT = """# An evening of three-gram flying

Hello [[name]],

The evenings are long and the gym is free: the season for aircraft that weigh less than a sheet of
paper. These fly best between two basketball hoops.

::button "See all aircraft" /

## Before you fly indoors

- Balance it on two fingers, with the battery installed.
- Turn the heating off: warm air rises, and so does the model.
- Trim for a wide left circle, then take your hands off the stick.

What we store about you, and what we do not, is in our
[privacy policy](/policies/privacy/).
"""


def load() -> None:
    """Create subscribers and one draft, once."""
    if Campaign.objects.exists():
        return
    demo.load()
    Campaign.objects.create(
        title="Indoor evenings",
        slug="indoor-evenings",
        topic=Topic.objects.get(slug="flying-tips"),
        subject="An evening of three-gram flying",
        preheader="What flies best between two basketball hoops.",
        source=_DRAFT,
        is_public=True,
    )
