"""Offers of a product outside this shop, and how often their links are followed."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from microflight.core.bounds import Bounds
from microflight.core.page_cache import InvalidatesPages

#: Failed checks in a row after which a link is dead: three days.
MOST_FAILURES = 3
CHECK_EVERY = timedelta(days=1)


def validate_outside_url(url: str) -> None:
    """Raise ValidationError unless it is an HTTPS link without a port, user name or password."""
    message = _("Enter a link that begins with https://.")
    URLValidator(schemes=["https"], message=message, code="not_https")(url)
    parts = urlsplit(url)
    if "@" in parts.netloc or ":" in parts.netloc.rpartition("]")[2]:
        raise ValidationError(_("Enter a link without a user name, password or port."))


@dataclass(frozen=True, slots=True)
class Link:
    """An external offer as pages show it; without a country, it is for all."""

    pk: int
    seller: str
    country: str
    country_name: str


class ExternalOfferQuerySet(models.QuerySet["ExternalOffer"]):
    def shown(self) -> "ExternalOfferQuerySet":
        """Select what pages link to."""
        return self.filter(is_active=True, failures__lt=MOST_FAILURES, product__is_public=True)

    def dead(self) -> "ExternalOfferQuerySet":
        """Select active offers that are hidden because their links failed too often."""
        return self.filter(is_active=True, failures__gte=MOST_FAILURES)

    def due(self, now: datetime) -> "ExternalOfferQuerySet":
        """Select active offers whose links are to be checked, dead ones too, oldest check first."""
        unchecked = Q(checked_at=None) | Q(checked_at__lt=now - CHECK_EVERY)
        oldest_first = models.F("checked_at").asc(nulls_first=True)
        return self.filter(unchecked, is_active=True).order_by(oldest_first, "pk")

    def links(self) -> dict[int, tuple[Link, ...]]:
        """Return the shown links of each product by its ID. One query."""
        found: dict[int, list[Link]] = defaultdict(list)
        rows = self.shown().order_by("seller", "country__printable_name", "pk").values_list(
            "product_id", "pk", "seller", "country_id", "country__printable_name"
        )  # fmt: skip
        for product, pk, seller, country, name in rows:
            found[product].append(Link(pk, seller, country or "", name or ""))
        return {product: tuple(links) for product, links in found.items()}


class ExternalOffer(InvalidatesPages, models.Model):
    """A link to a product at another seller, such as Amazon; its variants inherit it.

    A job checks the links. One that failed too often in a row is hidden until it works again, or
    until staff change it.
    """

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="external_offers",
        verbose_name=_("product"), limit_choices_to={"parent": None},
        help_text=_("Its variants inherit the link."),
    )  # fmt: skip
    seller = models.CharField(_("seller"), max_length=60, help_text=_("For example: Amazon"))
    country = models.ForeignKey(
        "address.Country", null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        verbose_name=_("country"), help_text=_("Where it ships to. Leave empty for all countries."),
    )  # fmt: skip
    url = models.URLField(
        _("link"), max_length=500, validators=[validate_outside_url],
        help_text=_("Begins with https://."),
    )  # fmt: skip
    is_active = models.BooleanField(_("active"), default=True)
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True, editable=False)
    problem = models.CharField(_("problem"), max_length=100, blank=True, editable=False)
    failures = models.PositiveSmallIntegerField(_("failures in a row"), default=0, editable=False)

    objects = ExternalOfferQuerySet.as_manager()

    class Meta:
        ordering = ["product", "seller", "pk"]
        verbose_name = _("external offer")
        verbose_name_plural = _("external offers")
        constraints = [
            models.CheckConstraint(
                condition=Q(url__startswith="https://"), name="external_offer_url_is_https"
            ),
            Bounds("failures", 0, 32_767),
            models.UniqueConstraint(
                "product",
                "seller",
                Coalesce("country", Value("")),
                name="external_offer_once_a_country",
                violation_error_message=_("This seller has an offer for this country already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seller} ({self.country_id or _('all countries')})"

    def save(self, *arguments: Any, **options: Any) -> None:
        """Save; a changed link was never checked."""
        if "url" in (columns := options.get("update_fields") or ()):
            self.checked_at, self.problem, self.failures = None, "", 0
            options["update_fields"] = {*columns, "checked_at", "problem", "failures"}
        super().save(*arguments, **options)

    def clean(self) -> None:
        """Reject a variant: it inherits the links of its product."""
        super().clean()
        if self.product_id and self.product.parent_id:
            raise ValidationError(_("Choose the product: its variants inherit the link."))

    @property
    def is_dead(self) -> bool:
        """Return whether the link failed too often to be shown."""
        return self.failures >= MOST_FAILURES


class ExternalOfferClicks(models.Model):
    """How often a link was followed on a day in Saskatoon; nothing about who did."""

    offer = models.ForeignKey(ExternalOffer, on_delete=models.CASCADE, related_name="clicks")
    day = models.DateField(_("day"))
    count = models.PositiveIntegerField(_("clicks"), default=0)

    class Meta:
        ordering = ["-day"]
        verbose_name = _("clicks of a day")
        verbose_name_plural = _("clicks by day")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["offer", "day"], name="external_offer_clicks_once_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.count}"
