"""Returns that need no answer from staff, because the law gives the buyer the right to them."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import F

from checkout.order.locking import lock_order
from checkout.order.models import Order
from checkout.returns import emails
from checkout.returns.models import Return, ReturnLine, ReturnReason
from checkout.returns.states import ReturnState


@transaction.atomic
def create_approved_return(*, order: Order, quantities: Mapping[int, int], note: str) -> Return:
    """Create an approved return of {line: units} that were shipped, and email where to send them.

    The caller checked the units under the order's lock.
    """
    locked = lock_order(order)
    made = Return.objects.create(
        order=locked, nth=locked.returns.count() + 1, state=ReturnState.APPROVED
    )
    ReturnLine.objects.bulk_create(
        ReturnLine(parent=made, line_id=pk, quantity=quantity, reason=ReturnReason.WITHDRAWAL)
        for pk, quantity in quantities.items()
    )
    made.events.create(state=ReturnState.REQUESTED, note=note, by_customer=True)
    made.events.create(state=ReturnState.APPROVED)
    emails.approved(made)
    return made


def refunds_shipping(ret: Return) -> bool:
    """Tell whether the shipping charge is owed: the buyer withdrew from the whole order.

    Source: Directive 2011/83/EU, article 13.
    """
    if any(each.reason != ReturnReason.WITHDRAWAL for each in ret.lines.all()):
        return False
    return not ret.order.lines.exclude(quantity=F("cancelled") + F("returned")).exists()
