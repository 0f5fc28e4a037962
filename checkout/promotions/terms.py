"""What a promotion says: the values of its form, read from Oscar's models, and as a sentence."""

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any, cast

from django.db import models
from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from oscar.apps.voucher.models import Voucher

from checkout.offers.models import Benefit, Condition, Eligibility, Range
from checkout.promotions.models import Promotion
from microflight.core.bounds import LAST_DAY
from microflight.core.money import format_money

#: Until when codes without an end are valid: Oscar requires an end.
NO_END = datetime.combine(LAST_DAY, time(), UTC)
_NAMED = 4  # categories, types or products that a sentence names


class What(models.TextChoices):
    """What shoppers get: Oscar's types of benefits, and free shipping, which is 100% off."""

    PERCENTAGE = Benefit.PERCENTAGE, _("Percentage off")
    FIXED_UNIT = Benefit.FIXED_UNIT, _("Amount off each item")
    FIXED = Benefit.FIXED, _("Amount off the items together")
    FIXED_PRICE = Benefit.FIXED_PRICE, _("Fixed price for the items together")
    MULTIBUY = Benefit.MULTIBUY, _("Cheapest item free")
    FREE_SHIPPING = "free-shipping", _("Free shipping")
    SHIPPING_PERCENTAGE = Benefit.SHIPPING_PERCENTAGE, _("Percentage off shipping")
    SHIPPING_ABSOLUTE = Benefit.SHIPPING_ABSOLUTE, _("Amount off shipping")
    SHIPPING_FIXED_PRICE = Benefit.SHIPPING_FIXED_PRICE, _("Fixed price for shipping")


#: Of these, the amount is a percentage.
PERCENTAGES = (What.PERCENTAGE, What.SHIPPING_PERCENTAGE)
#: These have no amount.
WITHOUT_AMOUNT = (What.MULTIBUY, What.FREE_SHIPPING)
#: These discount the products of a range; the others have none.
OF_PRODUCTS = (What.PERCENTAGE, What.FIXED_UNIT, What.FIXED, What.MULTIBUY)


class Who(models.TextChoices):
    """Who gets it, and with which codes."""

    EVERYONE = "everyone", _("Everyone")
    ACCOUNTS = "accounts", _("Customers who are logged in")
    FIRST_ORDER = Eligibility.FIRST_ORDER.value, _("Everyone, on their first order")
    TAG = Eligibility.TAG.value, _("Customers with a tag")
    EMAILS = Eligibility.EMAILS.value, _("Chosen customers")
    CODE = "code", _("Anyone with the code")
    CODE_PER_CUSTOMER = "customer-code", _("Anyone with the code, once per customer")
    ONE_TIME_CODE = "one-time-code", _("One person, with a one-time code")
    CODE_SET = "code-set", _("Holders of one-time codes: a set of codes")


#: Only for logged-in customers: the others may be guests.
FOR_ACCOUNTS = (Who.ACCOUNTS, Who.TAG, Who.EMAILS)
#: The usage of a single code.
USAGE = {
    Who.CODE: Voucher.MULTI_USE,
    Who.CODE_PER_CUSTOMER: Voucher.ONCE_PER_CUSTOMER,
    Who.ONE_TIME_CODE: Voucher.SINGLE_USE,
}


class Scope(models.TextChoices):
    """Which products."""

    ALL = "all", _("All products")
    SOME = "some", _("The categories, product types and products below")


def read_terms(offer: Promotion) -> dict[str, Any] | None:
    """Return the form's values of an offer; None if the form cannot express it."""
    rules, who = _rules(offer), _who(offer)
    if rules is None or who is None:
        return None
    start, end = offer.period
    return {
        **rules,
        **who,
        "first_day": localtime(start).date() if start else None,
        "last_day": localtime(end).date() if end and end < NO_END else None,
    }


def _rules(offer: Promotion) -> dict[str, Any] | None:
    condition, benefit = cast(Any, offer.condition), cast(Any, offer.benefit)
    is_expressible = (
        not (condition.proxy_class or benefit.proxy_class or benefit.max_affected_items)
        and condition.type in (Condition.COUNT, Condition.VALUE)
        and benefit.type in What.values
        and benefit.range_id in (None, condition.range_id)
    )
    selection = _selection(condition.range) if is_expressible else None
    if selection is None:
        return None
    what, amount = What(benefit.type), benefit.value
    if what == What.SHIPPING_PERCENTAGE and amount == 100:
        what = What.FREE_SHIPPING
    return {
        "what": what.value,
        "amount": None if what in WITHOUT_AMOUNT else amount,
        "min_quantity": int(condition.value) if condition.type == Condition.COUNT else None,
        "min_spend": condition.value if condition.type == Condition.VALUE else None,
        **selection,
    }


def _selection(products: Range) -> dict[str, Any] | None:
    """Return the products of a range; None if some are excluded."""
    if products.proxy_class or any(
        each.exists() for each in (products.excluded_products, products.excluded_categories)
    ):
        return None
    return {
        "scope": (Scope.ALL if products.includes_all_products else Scope.SOME).value,
        "categories": list(products.included_categories.order_by("path")),
        "types": list(products.classes.order_by("name")),
        "products": list(products.included_products.select_related("parent").order_by("pk")),
    }


def _who(offer: Promotion) -> dict[str, Any] | None:
    """Return who gets an offer; None for several single codes, a code of several offers, or a code
    for some customers only."""
    if offer.eligibility:
        emails = offer.eligible_emails.order_by("pk").values_list("email", flat=True)
        shown = {"tag": offer.customer_tag, "emails": "\n".join(emails)}
        is_with_code = offer.offer_type == offer.VOUCHER
        return None if is_with_code else {"who": offer.eligibility, "code": "", **shown}
    if offer.offer_type in (offer.SITE, offer.USER):
        who = Who.EVERYONE if offer.offer_type == offer.SITE else Who.ACCOUNTS
        return {"who": who.value, "code": ""}
    if offer.offer_type != offer.VOUCHER:
        return None
    if Voucher.objects.filter(offers=offer).exclude(voucher_set=None).exists():
        return {"who": Who.CODE_SET.value, "code": ""}
    vouchers = list(Voucher.objects.filter(offers=offer)[:2])
    if len(vouchers) != 1 or vouchers[0].offers.count() != 1:
        return None
    usages = {usage: who for who, usage in USAGE.items()}
    return {"who": usages[vouchers[0].usage].value, "code": vouchers[0].code}


# --- As a sentence -------------------------------------------------------------------------------


def describe(offer: Promotion) -> str:
    """Return what a promotion that the form can express does, as sentences."""
    rules = _rules(offer)
    if rules is None:
        return ""
    parts = [_benefit(rules), _minimum(rules), _for_whom(offer), _dates(offer)]
    return " ".join(filter(None, [", ".join(filter(None, parts)) + ".", _limits(offer)]))


def short_name(data: dict[str, Any]) -> str:
    """Return a name for a new promotion, such as “10% off Motors”."""
    text = _benefit(data)
    return (text[0].upper() + text[1:])[:100]


def _benefit(data: dict[str, Any]) -> str:
    what, products = What(data["what"]), _products(data)
    texts = {
        What.PERCENTAGE: gettext("%(percent)s%% off %(products)s"),
        What.FIXED_UNIT: gettext("%(money)s off each of %(products)s"),
        What.FIXED: gettext("%(money)s off %(products)s together"),
        What.FIXED_PRICE: gettext("%(number)s of %(products)s for %(money)s together"),
        What.MULTIBUY: gettext("Every %(number)s items, the cheapest is free: %(products)s")
        if data["min_quantity"]
        else gettext("The cheapest item free: %(products)s"),
        What.FREE_SHIPPING: gettext("Free shipping with %(products)s"),
        What.SHIPPING_PERCENTAGE: gettext("%(percent)s%% off shipping with %(products)s"),
        What.SHIPPING_ABSOLUTE: gettext("%(money)s off shipping with %(products)s"),
        What.SHIPPING_FIXED_PRICE: gettext("Shipping for %(money)s with %(products)s"),
    }
    amount = data["amount"] or Decimal(0)
    return texts[what] % {
        "percent": f"{amount.normalize():f}",
        "money": format_money(amount),
        "number": data["min_quantity"] or 1,
        "products": products,
    }


def _products(data: dict[str, Any]) -> str:
    if data["scope"] == Scope.ALL:
        return gettext("all products")
    names = [str(each.name) for each in (*data["categories"], *data["types"])]
    names += [each.get_title() for each in data["products"]]
    if (more := len(names) - _NAMED) > 0:
        rest = ngettext("%(count)d more", "%(count)d more", more) % {"count": more}
        names = [*names[:_NAMED], rest]
    return get_text_list(names, gettext("and")) or gettext("no products")


def _minimum(data: dict[str, Any]) -> str:
    if data["min_spend"]:
        return gettext("from %(money)s of them in the cart") % {
            "money": format_money(data["min_spend"])
        }
    number = data["min_quantity"] or 1
    if number == 1 or data["what"] in (What.FIXED_PRICE, What.MULTIBUY):
        return ""
    return gettext("from %(number)d of them in the cart") % {"number": number}


def _for_whom(offer: Promotion) -> str:
    who = _who(offer) or {"who": "", "code": ""}
    number = len(who.get("emails", "").split())
    texts = {
        Who.EVERYONE: gettext("for everyone"),
        Who.ACCOUNTS: gettext("for customers who are logged in"),
        Who.FIRST_ORDER: gettext("for the first order of a customer"),
        Who.TAG: gettext("for customers with the tag “%(tag)s”"),
        Who.EMAILS: ngettext(
            "for %(number)d chosen customer", "for %(number)d chosen customers", number
        ),
        Who.CODE: gettext("with the code %(code)s"),
        Who.CODE_PER_CUSTOMER: gettext("with the code %(code)s, once per customer"),
        Who.ONE_TIME_CODE: gettext("once, with the code %(code)s"),
        Who.CODE_SET: gettext("once with each code of a set"),
    }
    return texts.get(who["who"], gettext("with a discount code")) % {**who, "number": number}


def _dates(offer: Promotion) -> str:
    start, end = ((localtime(each) if each else None) for each in offer.period)
    texts = []
    if start:
        texts.append(gettext("from %(day)s") % {"day": _day(start, time.min)})
    if end and end < NO_END:
        texts.append(gettext("until the end of %(day)s") % {"day": _day(end, time.max)})
    return " ".join(texts) or gettext("without an end")


def _day(moment: datetime, usual: time) -> str:
    """Return the day; with the time, unless a promotion of whole days starts or ends then."""
    return date_format(moment, "j F Y" if moment.time() == usual else "j F Y, H:i")


def _limits(offer: Promotion) -> str:
    limits = (
        (offer.max_basket_applications, gettext("%(n)s per order")),
        (offer.max_user_applications, gettext("%(n)s per customer")),
        (offer.max_global_applications, gettext("%(n)s in total")),
    )
    texts, sentences = [text % {"n": number} for number, text in limits if number], []
    if texts:
        uses = gettext("Used at most %(limits)s.")
        sentences.append(uses % {"limits": get_text_list(texts, gettext("and"))})
    if offer.max_discount:
        budget = gettext("Ends once it has given %(money)s.")
        sentences.append(budget % {"money": format_money(offer.max_discount)})
    return " ".join(sentences)
