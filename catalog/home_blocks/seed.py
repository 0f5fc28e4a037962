"""A draft of a block for the demo, created once; staff can change, publish or delete it."""

from catalog.home_blocks.models import HomeBlock


def load() -> None:
    """Create the block, unless there is any."""
    if not HomeBlock.objects.exists():
        HomeBlock.objects.create(
            title="Read the manual first",
            text="Manuals are here to **read or download** before you order.",
            link="/manuals/",
            link_text="Manuals",
        )
