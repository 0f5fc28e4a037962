"""Vouchers on a cart: taken when they give something, refused with a reason."""

from typing import Any

from django.db import transaction
from django.db.models import F
from oscar.apps.voucher.models import Voucher

from checkout.basket.models import Basket
from checkout.basket.services import CartError, keep_totals

MOST = 3  # vouchers on one cart


@transaction.atomic
def add_voucher(*, basket: Basket, code: str, user: Any) -> Voucher:
    """Put a voucher on the cart. CartError, and no change, where it gives this cart nothing."""
    code = "".join(letter for letter in code if letter.isprintable()).strip().upper()[:128]
    if not code:
        raise CartError("Enter the code of your voucher.")
    if basket.is_empty:
        raise CartError("Put something into the cart first, then add the voucher.")
    mine = {voucher.code for voucher in basket.vouchers.all()}
    if code in mine:
        raise CartError(f"{code} is on your cart already.")
    if len(mine) >= MOST:
        raise CartError(f"A cart takes at most {MOST} vouchers: remove one first.")
    voucher = _valid(code, user)
    keep_totals(basket, user)
    before = basket.total_excl_tax
    basket.vouchers.add(voucher)
    keep_totals(basket, user)
    if not _gives_something(basket, voucher):
        raise CartError(f"{code} gives no discount on what is in your cart.")
    if basket.total_excl_tax > before:  # it took the place of a better one
        others = " and ".join(sorted(mine)) or "the discount on your cart"
        raise CartError(f"{code} does not combine with {others}, which saves you more.")
    Voucher.objects.filter(pk=voucher.pk).update(num_basket_additions=F("num_basket_additions") + 1)
    return voucher


def _valid(code: str, user: Any) -> Voucher:
    """Return the voucher if it holds now and for this shopper, else say why not."""
    voucher = Voucher.objects.filter(code=code).first()
    if voucher is None:
        raise CartError(f"We know no voucher {code[:40]}. Check the letters and try again.")
    if voucher.is_expired():
        raise CartError(f"{code} has expired.")
    if not voucher.is_active():
        raise CartError(f"{code} is not valid yet.")
    allowed, _ = voucher.is_available_to_user(user=user)
    if allowed:
        return voucher
    if voucher.usage == Voucher.ONCE_PER_CUSTOMER and not user.is_authenticated:
        raise CartError(f"{code} is for customers with an account: log in to use it.")
    raise CartError(f"{code} has been used already.")


def idle_vouchers(basket: Basket) -> list[Voucher]:
    """Return the vouchers of a priced cart that give nothing on it, as it is now."""
    return [each for each in basket.known_vouchers if not _gives_something(basket, each)]


def _gives_something(basket: Basket, voucher: Voucher) -> bool:
    return any(
        application["voucher"] == voucher
        and (application["discount"] > 0 or not application["result"].affects_basket)
        for application in basket.offer_applications
    )


@transaction.atomic
def remove_voucher(*, basket: Basket, voucher_id: int, user: Any) -> Voucher | None:
    """Take a voucher off the cart; return it, or None where the cart has no such voucher."""
    voucher = basket.vouchers.filter(pk=voucher_id).first() if basket.pk else None
    if voucher is not None:
        basket.vouchers.remove(voucher)
        keep_totals(basket, user)
    return voucher
