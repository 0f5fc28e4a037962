"""Send delay notices, take replies, and refund where silence is not consent. Safe to repeat."""

import logging
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from checkout.deadlines import emails
from checkout.deadlines.models import DelayNotice, DelayReply, ReplyType
from checkout.deadlines.schedule import OPEN, find_delay
from checkout.fulfilment.services import cancel_order
from checkout.order.locking import OrderActionError, lock_order
from checkout.order.models import Order
from policies.opening.calendars import Schedule, load

logger = logging.getLogger(__name__)


class DelayError(OrderActionError):
    """Nothing was changed. The message may be shown to customers."""


def send_notices() -> int:
    """Send a notice about each open order that ships later than promised; return how many."""
    orders = Order.objects.open().exclude(shipping_code="").order_by("pk")
    schedule = load()
    return sum(_send_notice(order, schedule) for order in orders)


@transaction.atomic
def _send_notice(order: Order, schedule: Schedule) -> bool:
    locked = lock_order(order)
    if locked.status not in OPEN:
        return False
    delay = find_delay(locked, schedule, timezone.localdate())
    if delay is None:
        return False
    notice = DelayNotice.objects.create(
        order=locked,
        nth=delay.nth,
        rule=delay.rule,
        promised_on=delay.promised_on,
        new_date=delay.new_date,
        refund_on=delay.refund_on,
    )
    emails.delayed(notice)
    return True


def reply(*, notice: DelayNotice, answer: str) -> DelayReply:
    """Record a reply of the buyer, and cancel what has not shipped if they want that.

    The same reply again changes nothing. Raises DelayError.
    """
    made = _record(notice, ReplyType(answer))
    _settle(made)
    return made


@transaction.atomic
def _record(notice: DelayNotice, answer: ReplyType) -> DelayReply:
    order = lock_order(notice.order)
    replies = {each.type: each for each in notice.replies.all()}
    if existing := replies.get(answer):
        return existing
    if set(replies) - {ReplyType.CONSENT} or order.status not in OPEN:
        raise DelayError(gettext("This order has been shipped or cancelled in the meantime."))
    if order.delay_notices.filter(nth__gt=notice.nth).exists():
        raise DelayError(gettext("There is a newer notice about this order. Please reply to it."))
    if replies and answer == ReplyType.REFUND:
        raise DelayError(gettext("The buyer agreed to wait."))
    return DelayReply.objects.create(notice=notice, type=answer)


def refund_unanswered(today: date | None = None) -> int:
    """Refund orders whose deadline has come without a reply; return how many were settled.

    One that fails is repeated with the next call, and does not stop the others.
    """
    due = DelayNotice.objects.unanswered().filter(refund_on__lte=today or timezone.localdate())
    for notice in due.select_related("order"):
        try:
            _record(notice, ReplyType.REFUND)
        except DelayError as error:  # the buyer was faster
            logger.info("Delay notice %s: %s", notice.pk, error)
    waiting = DelayReply.objects.unsettled().select_related("notice__order")
    return sum(_settle(each) for each in waiting)


def _settle(made: DelayReply) -> bool:
    """Cancel what has not shipped, which refunds it. Return whether it is done. Never raises."""
    if made.type == ReplyType.CONSENT or made.settled_at:
        return False
    reason = gettext("It could not ship by the promised day.")
    try:
        cancel_order(order=made.notice.order, reason=reason, by=None)
    except Exception as error:
        known = isinstance(error, OrderActionError)
        logger.warning("Delay reply %s: %s", made.pk, error, exc_info=None if known else error)
        DelayReply.objects.filter(pk=made.pk).update(problem=str(error))
        return False
    DelayReply.objects.filter(pk=made.pk).update(settled_at=timezone.now(), problem="")
    return True
