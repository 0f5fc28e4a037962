"""Draw the states of orders, lines, payment attempts and returns into docs/states/."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from checkout.state_pictures import PICTURES, draw


def picture_path(name: str) -> Path:
    """Return where the picture of a machine lies."""
    return Path(settings.BASE_DIR) / "docs" / "states" / f"{name}.svg"


class Command(BaseCommand):
    """`manage.py draw_states`: run it after a change of a table of states."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Write one SVG for each machine."""
        for name, machine in PICTURES.items():
            picture_path(name).write_text(draw(name), encoding="utf-8")
            moves = sum(len(following) for following in machine.moves.values())
            self.stdout.write(f"{name}: {len(machine.states)} states, {moves} moves")
        self.stdout.write(f"states: {len(PICTURES)} pictures")
