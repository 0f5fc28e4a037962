"""Applies offers to a cart in a fixed number of queries."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import (
    CharField,
    F,
    Prefetch,
    Q,
    QuerySet,
    Value,
    prefetch_related_objects,
)
from django.utils import timezone
from oscar.apps.offer import applicator
from oscar.apps.voucher.models import Voucher

from catalog.models import ProductCategory
from checkout.offers.customers import Customer
from checkout.offers.eligibility import eligible
from checkout.offers.models import ConditionalOffer, Eligibility, Range
from microflight.core.compiled_query import CompiledQuery


class Applicator(applicator.Applicator):
    """Oscar's applicator, with offers, ranges and their products loaded together."""

    def apply(self, basket: Any, user: Any = None, request: Any = None) -> None:
        """Apply discounts to the lines of a cart; the totals of offers and lines agree.

        Limits per customer count the account and `basket.contact_email`, if it is known.
        """
        super().apply(basket, user, request)
        _total_discounts(basket)

    def get_offers(self, basket: Any, user: Any = None, request: Any = None) -> list[Any]:
        """Return the offers by priority, ready to apply without queries."""
        offers = [*self.get_basket_offers(basket, user), *self.get_site_offers(user)]
        offers.sort(key=lambda offer: offer.priority, reverse=True)
        basket.limited_per_customer = _limited_per_customer(basket, offers)
        customer = Customer.of(user, basket.contact_email)
        offers = self.eligible_offers(offers, customer)
        for offer in offers:
            offer.customer = customer
        _prepare(offers, basket)
        return offers

    def eligible_offers(self, offers: list[Any], customer: Customer) -> list[Any]:
        """Return the offers that this customer may get."""
        return eligible(offers, customer)

    def get_site_offers(self, user: Any = None) -> list[Any]:
        """Return the active offers without a code: for everyone, and for accounts if it is one."""
        is_account = user is not None and user.is_authenticated
        types = (ConditionalOffer.SITE, *([ConditionalOffer.USER] if is_account else []))
        return _WITHOUT_CODE(timezone.now(), types)

    def get_basket_offers(self, basket: Any, user: Any) -> list[Any]:
        """Return the offers of the cart's vouchers that this shopper can use now.

        The cart keeps all its vouchers as `known_vouchers`, for the cart page.
        """
        if basket.pk is None or user is None:
            return []
        offers, customer = [], Customer.of(user, basket.contact_email)
        basket.known_vouchers = _VOUCHERS(basket.pk)
        offers_of_codes = ConditionalOffer.objects.exclude(status=ConditionalOffer.SUSPENDED)
        rules = Prefetch("offers", _with_rules(offers_of_codes))
        prefetch_related_objects(basket.known_vouchers, rules)
        for voucher in basket.known_vouchers:
            if voucher.is_active() and customer.may_use(voucher):
                for offer in voucher.offers.all():
                    offer.set_voucher(voucher)
                    offers.append(offer)
        return offers


def _limited_per_customer(basket: Any, offers: list[Any]) -> bool:
    """Return whether the offers that apply may depend on who orders."""
    limited = (voucher.usage == Voucher.ONCE_PER_CUSTOMER for voucher in basket.known_vouchers)
    return any(limited) or any(
        offer.max_user_applications or offer.eligibility == Eligibility.FIRST_ORDER
        for offer in offers
    )


def _with_rules(offers: Any) -> Any:
    return offers.select_related("condition__range", "benefit__range")


def _active_offers(moment: datetime, types: tuple[str, ...]) -> Any:
    """Return the offers of some types at a moment, as Oscar's `active` manager does for now."""
    return ConditionalOffer.objects.filter(
        Q(end_datetime__gte=moment) | Q(end_datetime=None),
        Q(start_datetime__lte=moment) | Q(start_datetime=None),
        status=ConditionalOffer.OPEN,
        offer_type__in=types,
    )


_WITHOUT_CODE = CompiledQuery(lambda moment, types: _with_rules(_active_offers(moment, types)))
_VOUCHERS = CompiledQuery(lambda basket: Voucher.objects.filter(basket=basket))
_COMBINED = CompiledQuery(
    lambda offers: ConditionalOffer.combinations.through.objects.filter(
        from_conditionaloffer__in=offers
    ).values_list("pk")[:1]
)


def _prepare(offers: list[Any], basket: Any) -> None:
    """Set each offer's proxy rules, and on each range the products of the cart in it."""
    ranges: dict[int, list[Any]] = {}
    for offer in offers:
        for name in ("condition", "benefit"):
            rule = getattr(offer, name)
            proxy = rule.proxy()
            if rule.range_id:
                proxy.range = rule.range  # a proxy is a copy without the joined range
                ranges.setdefault(rule.range_id, []).append(rule.range)
            setattr(offer, name, proxy)
    plain = {pk: copies for pk, copies in ranges.items() if not copies[0].proxy_class}
    members = members_by_range([copies[0] for copies in plain.values()], basket)
    for pk, copies in plain.items():
        for each in copies:
            each.known_members = members[pk]
    if len(offers) > 1:
        _load_combinations(offers)


def _load_combinations(offers: list[Any]) -> None:
    """Prefetch the offers that each offer combines with; usually there are none."""
    if _COMBINED(tuple(offer.pk for offer in offers)):
        prefetch_related_objects(offers, "combinations")
        return
    for offer in offers:
        offer._prefetched_objects_cache = {"combinations": ConditionalOffer.objects.none()}


def _total_discounts(basket: Any) -> None:
    """Set each offer's discount to the total of its line discounts, which are whole cents.

    Oscar rounds the offer's discount but not those of the lines, so that they differ.
    """
    totals: dict[int, Decimal] = defaultdict(Decimal)
    for line in basket.all_lines():
        for share in line.discounts:
            if share.offer is not None:
                totals[share.offer.pk] += share.amount
    for pk, application in basket.offer_applications.applications.items():
        if application["result"].affects_basket:
            application["discount"] = totals[pk]


# --- The products of a cart in each range ---------------------------------------------------------

#: type of rule -> range id -> ids of products or product types, or category paths
Rules = dict[str, dict[int, set[Any]]]


def members_by_range(ranges: list[Range], basket: Any) -> dict[int, frozenset[int]]:
    """Return the ids of the cart's products in each range, by range id.

    Same rules as Oscar: a variant is in a range if it or its parent is, a category includes its
    subcategories, and exclusions win.
    """
    if not ranges:
        return {}
    products = {line.product_id: line.product for line in basket.all_lines()}
    rules = rules_of([each.pk for each in ranges])
    by_category = rules["included_category"] or rules["excluded_category"]
    paths = _category_paths(products.values()) if by_category else defaultdict(set)
    return {
        each.pk: frozenset(
            pk for pk, product in products.items() if contains(each, product, rules, paths)
        )
        for each in ranges
    }


def contains(each: Range, product: Any, rules: Rules, paths: dict[int, set[str]]) -> bool:
    ids = {product.pk, product.parent_id}
    categories = paths[product.parent_id or product.pk]

    def is_in(rule: str) -> bool:
        prefixes = rules[rule][each.pk]
        return any(path.startswith(prefix) for path in categories for prefix in prefixes)

    if ids & rules["excluded_product"][each.pk]:
        return False
    if each.includes_all_products:
        return not is_in("excluded_category")
    product_type = (product.parent if product.parent_id else product).product_class_id
    return bool(
        ids & rules["product"][each.pk]
        or product_type in rules["class"][each.pk]
        or is_in("included_category")
    )


def rules_of(range_ids: list[int]) -> Rules:
    """Return the rules of the ranges, in one query over five tables."""
    rules: Rules = defaultdict(lambda: defaultdict(set))
    for rule, range_id, pk, path in _RULES(tuple(range_ids)):
        rules[rule][range_id].add(path or pk)
    return rules


def _all_rules(range_ids: tuple[int, ...]) -> QuerySet:
    tables = [
        _rows("product", Range.included_products.through, range_ids, "product_id"),
        _rows("excluded_product", Range.excluded_products.through, range_ids, "product_id"),
        _rows("class", Range.classes.through, range_ids, "productclass_id"),
        _rows("included_category", Range.included_categories.through, range_ids),
        _rows("excluded_category", Range.excluded_categories.through, range_ids),
    ]
    return tables[0].union(*tables[1:], all=True)


def _rows(
    rule: str, through: Any, range_ids: tuple[int, ...], column: str | None = None
) -> QuerySet:
    text = CharField()
    return (
        through.objects.filter(range_id__in=range_ids)
        .order_by()
        .annotate(
            rule=Value(rule, text),
            key=F(column or "category_id"),
            path=Value("", text) if column else F("category__path"),
        )
        .values_list("rule", "range_id", "key", "path")
    )


def _category_paths(products: Any) -> dict[int, set[str]]:
    """Return the category paths of products; variants have those of their parent."""
    ids = {product.parent_id or product.pk for product in products}
    paths: dict[int, set[str]] = defaultdict(set)
    for product_id, path in _PATHS(tuple(sorted(ids))):
        paths[product_id].add(path)
    return paths


_RULES = CompiledQuery(_all_rules)
_PATHS = CompiledQuery(
    lambda products: (
        ProductCategory.objects.filter(product_id__in=products)
        .order_by()
        .values_list("product_id", "category__path")
    )
)
