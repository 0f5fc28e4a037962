"""Draw the PNG icons from the SVG."""

from typing import Any

import resvg_py
from django.conf import settings
from django.core.management.base import BaseCommand

SIZES = {"favicon-48.png": 48, "touch-180.png": 180}


class Command(BaseCommand):
    """`manage.py draw_icons`: run it after a change of static/icons/favicon.svg."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Write each size next to the SVG."""
        folder = settings.BASE_DIR / "static" / "icons"
        svg = (folder / "favicon.svg").read_text(encoding="utf-8")
        for name, pixels in SIZES.items():
            png = resvg_py.svg_to_bytes(svg_string=svg, width=pixels, height=pixels)
            (folder / name).write_bytes(bytes(png))
            self.stdout.write(f"{name}: {pixels} px")
