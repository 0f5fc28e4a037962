"""A draft with the customer and the items of another order."""

from django.db import transaction
from django.utils.translation import gettext

from accounts.users.models import User
from checkout.basket.services import add_records, orderable_records
from checkout.order.locking import lock_order, record_note
from checkout.order.models import Order
from checkout.order.order_kits import ordered_items
from checkout.order_edits.additions import contact_of
from checkout.placement.drafts import create_draft, draft_basket, write_draft


@transaction.atomic
def duplicate_order(
    *, order: Order, channel: str, reason: str, by: User | None
) -> tuple[Order, list[str]]:
    """Return a draft with the customer and items of an order at today's prices, and the titles of
    what cannot be ordered any more.

    The order does not change. The draft reserves nothing, and no email is sent.
    """
    draft = create_draft(details=contact_of(order), channel=channel, by=by, user=order.user)
    items = ordered_items(order.lines.select_related("kit").order_by("pk"))
    records = orderable_records([each.product_id for each in items if each.product_id])
    found = [each for each in items if each.product_id in records]
    missing = [each.title for each in items if each.product_id not in records]
    wanted = [(records[each.product_id], each.quantity) for each in found if each.product_id]
    errors = add_records(basket=draft_basket(draft), wanted=wanted, user=draft.user)
    missing += [each.title for each, error in zip(found, errors, strict=True) if error]
    draft = lock_order(draft)
    write_draft(draft)
    values = {"number": order.number, "reason": reason}
    record_note(draft, gettext("Copied from order %(number)s: %(reason)s") % values, by)
    return draft, missing
