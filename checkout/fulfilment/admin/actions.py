"""What staff may do to an order, by the name in the URL."""

from checkout.fulfilment.admin.forms import (
    CancelForm,
    NoteForm,
    OrderActionForm,
    RefundForm,
    ShipForm,
)
from checkout.fulfilment.admin.partial_cancellation_forms import CancelPiecesForm, TakePaymentForm

ACTIONS: dict[str, type[OrderActionForm]] = {
    "ship": ShipForm,
    "refund": RefundForm,
    "take": TakePaymentForm,
    "pieces": CancelPiecesForm,
    "cancel": CancelForm,
    "note": NoteForm,
}
