from django.apps import AppConfig

from policies import variables


class OpeningConfig(AppConfig):
    """Opening hours, holidays, the carrier's non-working days, and away periods."""

    name = "policies.opening"
    label = "opening"

    def ready(self) -> None:
        """Register the opening hours that the policies state."""
        # models are loaded only now
        from policies.opening import calendars, wording

        variables.register("hours", lambda: wording.hours(calendars.load()))
