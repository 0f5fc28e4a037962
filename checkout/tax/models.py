"""Sales tax: the rates of the provinces by date, and the tax of an order."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class TaxRate(models.Model):
    """The rate of one component in one province, until a later one replaces it."""

    country = models.CharField(_("country"), max_length=2, default="CA")
    province = models.CharField(
        _("province"), max_length=3, help_text=_("Two-letter code, such as SK.")
    )
    component = models.CharField(_("component"), max_length=8, help_text=_("GST, HST, PST or QST."))
    rate = models.DecimalField(
        _("rate"), max_digits=7, decimal_places=5, help_text=_("Enter 5% as 0.05.")
    )
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Leave empty for no last day.")
    )

    class Meta:
        ordering = ["country", "province", "component", "starts_on"]
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        constraints = [
            models.UniqueConstraint(
                fields=["country", "province", "component", "starts_on"], name="one_rate_per_start"
            ),
        ]

    def __str__(self) -> str:
        text = gettext("%(component)s %(province)s %(rate)s from %(day)s")
        return text % {
            "component": self.component,
            "province": self.province,
            "rate": f"{self.rate:%}",
            "day": self.starts_on,
        }


class TaxLine(models.Model):
    """The tax of one component on an order line, or on shipping if `line` is empty."""

    order = models.ForeignKey("order.Order", on_delete=models.CASCADE, related_name="tax_lines")
    line = models.ForeignKey(
        "order.Line", null=True, blank=True, on_delete=models.CASCADE, related_name="tax_lines"
    )
    component = models.CharField(_("component"), max_length=8)
    province = models.CharField(_("province"), max_length=3)
    rate = models.DecimalField(_("rate"), max_digits=7, decimal_places=5)
    base = models.DecimalField(_("taxable amount (CAD)"), max_digits=12, decimal_places=2)
    amount = models.DecimalField(_("tax (CAD)"), max_digits=12, decimal_places=2)

    class Meta:
        ordering = ["order", "component", "pk"]
        verbose_name = _("tax line")
        verbose_name_plural = _("tax lines")

    def __str__(self) -> str:
        return f"{self.component} {self.amount}"
