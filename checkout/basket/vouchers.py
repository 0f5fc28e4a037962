"""Discount codes on a cart (Oscar calls them vouchers)."""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.template.defaultfilters import truncatechars
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from oscar.apps.voucher.models import Voucher

from checkout.basket.models import MAX_VOUCHERS, Basket
from checkout.basket.services import CartError, lock_basket, update_totals
from checkout.offers.customers import Customer


@transaction.atomic
def add_voucher(*, basket: Basket, code: str, user: Any) -> Voucher:
    """Apply a discount code. Raise CartError, and change nothing, if it gives no discount.

    `basket.replaced` has the names of the offers that no longer apply with it.
    """
    code = "".join(char for char in code if char.isprintable()).strip().upper()
    if not code:
        raise CartError(_("Enter a discount code."))
    if basket.is_empty:
        raise CartError(_("Add an item to your cart before you apply a discount code."))
    lock_basket(basket)  # two codes at once must not exceed the limit
    applied = {voucher.code for voucher in basket.vouchers.all()}
    if code in applied:
        raise CartError(_("Discount code %(code)s is already applied.") % {"code": code})
    if len(applied) >= MAX_VOUCHERS:
        raise CartError(too_many_codes())
    voucher = _usable_voucher(code, user)
    update_totals(basket, user)
    before, names = basket.total_excl_tax, _applied(basket)
    basket.vouchers.add(voucher)
    update_totals(basket, user)
    if not basket.gives_discount(voucher):
        raise CartError(_("%(code)s does not apply to the items in your cart.") % {"code": code})
    if basket.total_excl_tax > before:  # it replaced a better one
        others = get_text_list(sorted(applied), _("and")) or _("the discount on your cart")
        text = _("%(code)s cannot be combined with %(others)s, which saves you more.")
        raise CartError(text % {"code": code, "others": others})
    basket.replaced = sorted(names - _applied(basket))
    Voucher.objects.filter(pk=voucher.pk).update(num_basket_additions=F("num_basket_additions") + 1)
    return voucher


def _applied(basket: Basket) -> set[str]:
    """Return the names of the offers that apply to a priced cart."""
    return {application["name"] for application in basket.offer_applications}


def too_many_codes() -> str:
    """Return the message about more than MAX_VOUCHERS discount codes."""
    text = ngettext(
        "You can use %(limit)d discount code.",
        "You can use up to %(limit)d discount codes.",
        MAX_VOUCHERS,
    )
    return text % {"limit": MAX_VOUCHERS}


def _usable_voucher(code: str, user: Any) -> Voucher:
    """Return the voucher; raise CartError if this shopper cannot use it now."""
    voucher = Voucher.objects.filter(code=code).first()
    if voucher is None:
        shown = truncatechars(code, 40)
        raise CartError(_("%(code)s is not a valid discount code.") % {"code": shown})
    if voucher.is_expired():
        raise CartError(_("%(code)s has expired.") % {"code": code})
    if not voucher.is_active():
        raise CartError(_("%(code)s is not valid yet.") % {"code": code})
    if Customer.of(user).may_use(voucher):
        return voucher
    if voucher.usage == Voucher.ONCE_PER_CUSTOMER and not user.is_authenticated:
        raise CartError(_("Log in to use %(code)s.") % {"code": code})
    raise CartError(_("%(code)s has already been used.") % {"code": code})


@transaction.atomic
def remove_voucher(*, basket: Basket, voucher_id: int, user: Any) -> Voucher | None:
    """Remove a voucher; return it, or None if the cart has no such voucher."""
    voucher = basket.vouchers.filter(pk=voucher_id).first() if basket.pk else None
    if voucher is not None:
        basket.vouchers.remove(voucher)
        update_totals(basket, user)
    return voucher
