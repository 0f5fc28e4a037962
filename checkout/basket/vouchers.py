"""Discount codes on a cart (Oscar calls them vouchers)."""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from oscar.apps.voucher.models import Voucher

from checkout.basket.models import Basket
from checkout.basket.services import CartError, update_totals

MAX_VOUCHERS = 3  # on one cart


@transaction.atomic
def add_voucher(*, basket: Basket, code: str, user: Any) -> Voucher:
    """Apply a discount code. Raise CartError, and change nothing, if it gives no discount."""
    code = "".join(char for char in code if char.isprintable()).strip().upper()[:128]
    if not code:
        raise CartError(_("Enter a discount code."))
    if basket.is_empty:
        raise CartError(_("Add an item to your cart before you apply a discount code."))
    applied = {voucher.code for voucher in basket.vouchers.all()}
    if code in applied:
        raise CartError(_("Discount code %(code)s is already applied.") % {"code": code})
    if len(applied) >= MAX_VOUCHERS:
        raise CartError(_("You can use up to %(limit)d discount codes.") % {"limit": MAX_VOUCHERS})
    voucher = _usable_voucher(code, user)
    update_totals(basket, user)
    before = basket.total_excl_tax
    basket.vouchers.add(voucher)
    update_totals(basket, user)
    if not basket.gives_discount(voucher):
        raise CartError(_("%(code)s does not apply to the items in your cart.") % {"code": code})
    if basket.total_excl_tax > before:  # it replaced a better one
        others = get_text_list(sorted(applied), _("and")) or _("the discount on your cart")
        text = _("%(code)s cannot be combined with %(others)s, which saves you more.")
        raise CartError(text % {"code": code, "others": others})
    Voucher.objects.filter(pk=voucher.pk).update(num_basket_additions=F("num_basket_additions") + 1)
    return voucher


def _usable_voucher(code: str, user: Any) -> Voucher:
    """Return the voucher; raise CartError if this shopper cannot use it now."""
    voucher = Voucher.objects.filter(code=code).first()
    if voucher is None:
        raise CartError(_("%(code)s is not a valid discount code.") % {"code": code[:40]})
    if voucher.is_expired():
        raise CartError(_("%(code)s has expired.") % {"code": code})
    if not voucher.is_active():
        raise CartError(_("%(code)s is not valid yet.") % {"code": code})
    if voucher.is_available_to_user(user=user)[0]:
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
