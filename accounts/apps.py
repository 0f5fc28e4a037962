import oscar.apps.customer.apps as apps


class CustomerConfig(apps.CustomerConfig):
    """Account pages; login itself is allauth's."""

    name = "accounts"

    def ready(self) -> None:
        """Declare our cookie. Loads none of Oscar's account views and product alert receivers."""
        from accounts import known_browsers  # it imports models, which are loaded by now
        from policies import disclosures  # likewise

        disclosures.register_cookie(
            known_browsers.COOKIE,
            purpose="lets you log in here while someone else guesses your password elsewhere",
            lifetime=disclosures.format_duration(known_browsers.SECONDS),
        )
