"""Beat with shorter intervals: the shop's own schedule, divided by STORM_FASTER."""

import os

from microflight.celery import app

__all__ = ["app"]

FASTER = float(os.environ.get("STORM_FASTER", "15"))

for entry in app.conf.beat_schedule.values():
    if isinstance(entry["schedule"], int | float):  # what comes at an hour of the day stays
        entry["schedule"] = max(2.0, entry["schedule"] / FASTER)
