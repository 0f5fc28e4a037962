from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """Invoices, credit notes, packing slips, pick lists and customs forms."""

    name = "checkout.documents"

    def ready(self) -> None:
        """Issue documents after each capture and refund."""
        from checkout.documents import services  # imports models, which are loaded by now
        from checkout.payment.signals import transactions_recorded  # the same

        transactions_recorded.connect(
            services.on_transactions_recorded, dispatch_uid="documents.issue"
        )
