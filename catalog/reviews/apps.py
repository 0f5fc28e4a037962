import oscar.apps.catalogue.reviews.apps as apps

from policies import variables


class CatalogueReviewsConfig(apps.CatalogueReviewsConfig):
    """Reviews (Oscar: catalogue.reviews) and questions."""

    name = "catalog.reviews"

    def ready(self) -> None:
        """Register the email and the retention period; Oscar's views are not used."""
        # models are loaded only now
        from catalog.reviews import emails, services  # noqa: F401

        variables.register("question_days", lambda: str(services.KEEP_EMAIL.days))
