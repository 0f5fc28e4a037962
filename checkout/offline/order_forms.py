"""Order forms: drafts that shoppers print from their cart, to pay by cheque or mail."""

import io
from datetime import timedelta

import segno
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.users.models import User
from checkout.basket.models import Basket, LineAttribute
from checkout.order.early_charge import advance_payment
from checkout.order.models import Order
from checkout.order.staff_fields import Channel
from checkout.order.states import OrderState
from checkout.placement.drafts import create_draft, write_draft
from checkout.placement.services import OrderDetails

#: Days that a form which was never mailed is kept after its prices have expired.
KEEP_DAYS = 60


@transaction.atomic
def create_order_form(*, basket: Basket, details: OrderDetails, user: User | None) -> Order:
    """Create the draft of a printed order from a copy of the cart, which stays as it is.

    Its prices are valid for ORDER_FORM_DAYS; it reserves nothing. The form says what the customer
    agrees to by mailing it, if items ship late.
    """
    form = create_draft(details=details, channel=Channel.MAIL, by=None, user=user)
    copy = Basket.objects.get(order=form)
    copy.vouchers.add(*basket.vouchers.all())
    for line in basket.all_lines():
        attributes = list(line.attributes.all()) if line.has_options else []
        line.pk, line.basket = None, copy
        line._state.adding = True
        line.save(force_insert=True)
        LineAttribute.objects.bulk_create(
            LineAttribute(line=line, option=each.option, value=each.value) for each in attributes
        )
    form.valid_until = timezone.localdate() + timedelta(days=settings.ORDER_FORM_DAYS)
    if write_draft(form).early_charge:
        form.early_charge_text = advance_payment()
        form.early_charge_agreed_at = form.date_placed
        form.save(update_fields=["early_charge_text", "early_charge_agreed_at"])
    return form


def order_forms() -> QuerySet[Order]:
    """Return forms that staff have not accepted or changed."""
    drafts = Order.objects.filter(status=OrderState.DRAFT, channel=Channel.MAIL, taken_by=None)
    return drafts.exclude(valid_until=None)


def order_form_by_link(number: str, secret: str) -> Order:
    """Return the form of a link. Raises Http404."""
    found = order_forms().select_related("shipping_address__country").filter(number=number).first()
    if found is None or not constant_time_compare(found.link_secret, secret):
        raise Http404
    return found


def qr_code(order: Order) -> str:
    """Return the order number as a QR code (SVG), which staff scan into the search of orders."""
    image = io.BytesIO()
    code = segno.make(order.number, error="m", micro=False)
    code.save(image, kind="svg", border=4, scale=4, light="white", xmldecl=False)
    return image.getvalue().decode()


def delete_old_forms() -> int:
    """Delete forms that were never mailed, with the addresses on them; return how many."""
    before = timezone.localdate() - timedelta(days=KEEP_DAYS)
    count = 0
    for pk in order_forms().filter(valid_until__lt=before).values_list("pk", flat=True):
        count += _delete(pk)
    return count


@transaction.atomic
def _delete(pk: int) -> int:
    form = order_forms().select_for_update(of=("self",)).filter(pk=pk).first()
    if form is None:  # accepted meanwhile
        return 0
    address, basket = form.shipping_address, form.basket
    form.tax_lines.all().delete()
    form.delete()
    for row in (address, basket):
        if row is not None:
            row.delete()
    return 1
