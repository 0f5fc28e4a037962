"""Oscar's offer models, with limits, and caches that `applicator.py` fills for a whole cart."""

from decimal import Decimal
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, Sum
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from oscar.apps.offer.abstract_models import (
    AbstractBenefit,
    AbstractCondition,
    AbstractConditionalOffer,
    AbstractRange,
    AbstractRangeProduct,
)

from checkout.offers.customers import Customer
from microflight.core.bounds import MAX_AMOUNT, MAX_POSITION, MAX_SUM, MAX_TOTAL, Bounds
from microflight.core.tags import MAX_CHARACTERS

#: The least discount limit or value of a condition.
_CENT = Decimal("0.01")
_MAX_USES = 1_000_000_000
_PERCENTAGES = [AbstractBenefit.PERCENTAGE, AbstractBenefit.SHIPPING_PERCENTAGE]
_OF_PRODUCTS = [
    AbstractBenefit.PERCENTAGE, AbstractBenefit.FIXED, AbstractBenefit.FIXED_UNIT,
    AbstractBenefit.MULTIBUY,
]  # fmt: skip


class Range(AbstractRange):
    """A product range. While offers are applied, it knows which products of the cart it has."""

    known_members: frozenset[int] | None = None

    class Meta(AbstractRange.Meta):
        pass

    @cached_property
    def product_queryset(self) -> Any:
        """Return the products of the range. An excluded product excludes its variants; Oscar keeps
        them in a range of all products."""
        return super().product_queryset.exclude(parent__in=self.excluded_products.all())

    def contains_product(self, product: Any) -> bool:
        """Return whether the range contains a product; no query once members are known."""
        if self.known_members is None:
            return bool(super().contains_product(product))
        return product.pk in self.known_members


class RangeProduct(AbstractRangeProduct):
    """A product of a range."""

    class Meta(AbstractRangeProduct.Meta):
        constraints = [Bounds("display_order", -MAX_POSITION, MAX_POSITION)]

    def __str__(self) -> str:
        return str(self.product)


class Condition(AbstractCondition):
    """When an offer applies. Oscar's `proxy_map` loads each class again on every access."""

    class Meta(AbstractCondition.Meta):
        constraints = [
            Bounds("value", _CENT, MAX_TOTAL),
            models.CheckConstraint(
                condition=Q(type="") | Q(value__isnull=False), name="condition_has_a_value"
            ),
            models.CheckConstraint(  # without one, every cart would fail
                condition=Q(type="") | Q(range__isnull=False),
                name="condition_has_a_range",
                violation_error_message=_("Choose a product range."),
            ),
        ]

    def clean(self) -> None:
        """Require a whole number where the value counts products."""
        super().clean()
        if self.type != self.VALUE and self.value is not None and self.value % 1:
            raise ValidationError({"value": gettext("Enter a whole number.")})

    @property
    def proxy_map(self) -> dict[str, type]:
        """Return the proxy class of each type."""
        return _proxy_map(AbstractCondition)


class Benefit(AbstractBenefit):
    """The discount of an offer."""

    class Meta(AbstractBenefit.Meta):
        constraints = [
            Bounds("value", 0, MAX_AMOUNT),
            Bounds("max_affected_items", 1, _MAX_USES),
            models.CheckConstraint(
                condition=~Q(type__in=_PERCENTAGES) | Q(value__lte=100),
                name="benefit_at_most_100_percent",
                violation_error_message=_("Enter a percentage up to 100."),
            ),
            models.CheckConstraint(
                condition=Q(type__in=["", AbstractBenefit.MULTIBUY]) | Q(value__isnull=False),
                name="benefit_has_a_value",
                violation_error_message=_("Enter a value. Zero is a value."),
            ),
            models.CheckConstraint(
                condition=~Q(type__in=_OF_PRODUCTS) | Q(range__isnull=False),
                name="benefit_of_products_has_a_range",
                violation_error_message=_("Choose a product range."),
            ),
        ]

    @property
    def proxy_map(self) -> dict[str, type]:
        """Return the proxy class of each type."""
        return _proxy_map(AbstractBenefit)


@cache
def _proxy_map(model: Any) -> dict[str, type]:
    proxies: dict[str, type] = model.proxy_map.fget(model)
    return proxies


class Eligibility(models.TextChoices):
    """Which customers get an offer (Shopify: customer eligibility); "" is everyone."""

    FIRST_ORDER = "first-order", _("Customers without an order yet")
    TAG = "tag", _("Customers with a tag")
    EMAILS = "emails", _("Chosen customers")


class ConditionalOffer(AbstractConditionalOffer):
    """An offer that queries a customer's number of uses once, not before each application."""

    eligibility = models.CharField(
        _("customer eligibility"), max_length=20, choices=Eligibility.choices, blank=True
    )
    customer_tag = models.CharField(
        _("customer tag"), max_length=MAX_CHARACTERS, blank=True, editable=False
    )

    #: For whom the applicator applies it.
    customer: Customer | None = None

    class Meta(AbstractConditionalOffer.Meta):
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        constraints = [
            Bounds("priority", -MAX_POSITION, MAX_POSITION),
            # Oscar takes a limit of 0 for no limit
            Bounds("max_global_applications", 1, _MAX_USES),
            Bounds("max_user_applications", 1, _MAX_USES),
            Bounds("max_basket_applications", 1, _MAX_USES),
            Bounds("max_discount", _CENT, MAX_SUM),
            Bounds("total_discount", 0, MAX_SUM),
            models.CheckConstraint(
                condition=Q(eligibility=Eligibility.TAG) & ~Q(customer_tag="")
                | ~Q(eligibility=Eligibility.TAG) & Q(customer_tag=""),
                name="offer_for_a_tag_has_one",
            ),
        ]

    def get_max_applications(self, *users: Any) -> int:
        """Return how often the offer can be applied to a cart; without a user, of anyone.

        Oscar passes the owner of the cart, which a guest's cart lacks.
        """
        return int(super().get_max_applications(*(self.customer or user for user in users)))

    def get_num_user_applications(self, user: Any) -> int:
        """Return how often an account or Customer used this offer in orders that were not
        cancelled."""
        customer = user if isinstance(user, Customer) else Customer.of(user)
        uses = self.__dict__.setdefault("_uses_by_customer", {})
        if customer not in uses:
            discounts = apps.get_model("order", "OrderDiscount").objects.in_use()
            made = discounts.filter(customer.made_order(), offer_id=self.pk)
            uses[customer] = made.aggregate(total=Sum("frequency", default=0))["total"]
        return int(uses[customer])

    @property
    def combined_offers(self) -> "list[ConditionalOffer]":
        """Return this offer and those that can be combined with it."""
        return [self, *self.combinations.all(), *self.in_combination.all()]


class EligibleEmail(models.Model):
    """The email address, in lower case, of a customer who gets an offer for chosen customers."""

    offer = models.ForeignKey(
        ConditionalOffer, on_delete=models.CASCADE, related_name="eligible_emails"
    )
    email = models.EmailField(_("email"))

    class Meta:
        verbose_name = _("email address of a chosen customer")
        verbose_name_plural = _("email addresses of chosen customers")
        constraints = [
            models.UniqueConstraint(fields=["email", "offer"], name="eligible_email_once_per_offer")
        ]

    def __str__(self) -> str:
        return self.email


from oscar.apps.offer.models import *  # type: ignore[assignment]  # noqa: E402, F403 (Oscar's, after ours)
