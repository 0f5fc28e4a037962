"""Sales tax: what a province asks from which day, and what an order was charged."""

from django.db import models


class TaxRate(models.Model):
    """A rate of one component in one province, from a day on until another row replaces it."""

    country = models.CharField(max_length=2, default="CA")
    province = models.CharField(max_length=3, help_text="Two letters, as in an address: SK.")
    component = models.CharField(max_length=8, help_text="GST, HST, PST, QST.")
    rate = models.DecimalField(max_digits=7, decimal_places=5, help_text="0.05 is 5 %.")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True, help_text="The last day, if there is one.")

    class Meta:
        ordering = ["country", "province", "component", "starts_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["country", "province", "component", "starts_on"], name="one_rate_per_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.component} {self.province} {self.rate:%} from {self.starts_on}"


class TaxLine(models.Model):
    """What one component took from one order line, or from delivery where `line` is empty."""

    order = models.ForeignKey("order.Order", on_delete=models.CASCADE, related_name="tax_lines")
    line = models.ForeignKey(
        "order.Line", null=True, blank=True, on_delete=models.CASCADE, related_name="tax_lines"
    )
    component = models.CharField(max_length=8)
    province = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=7, decimal_places=5)
    base = models.DecimalField("amount taxed (CAD)", max_digits=12, decimal_places=2)
    amount = models.DecimalField("tax (CAD)", max_digits=12, decimal_places=2)

    class Meta:
        ordering = ["order", "component", "pk"]

    def __str__(self) -> str:
        return f"{self.component} {self.amount}"
