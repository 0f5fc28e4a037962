"""Pictures of the seed's products: drawn in a pool of processes, stored with their renditions."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]


def load_pictures(*, progress: Progress) -> None:
    """Draw what is not drawn yet."""
