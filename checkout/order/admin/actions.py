"""What staff may do to an order, by the name in the URL."""

from checkout.order.admin.forms import (
    CancelForm,
    NoteForm,
    OrderActionForm,
    RefundForm,
    ShipForm,
)
from checkout.order.admin.piece_forms import CancelPiecesForm, TakePaymentForm

ACTIONS: dict[str, type[OrderActionForm]] = {
    "ship": ShipForm,
    "refund": RefundForm,
    "take": TakePaymentForm,
    "pieces": CancelPiecesForm,
    "cancel": CancelForm,
    "note": NoteForm,
}
