"""The actions on an order, by their name in the URL."""

from checkout.fulfilment.admin.forms import (
    CancelForm,
    CapturePaymentForm,
    NoteForm,
    OrderActionForm,
    RefundForm,
)
from checkout.fulfilment.admin.quantity_forms import CancelItemsForm, CreateShipmentForm
from checkout.fulfilment.admin.tracking_form import TrackingForm

ACTIONS: dict[str, type[OrderActionForm]] = {
    "ship": CreateShipmentForm,
    "refund": RefundForm,
    "capture": CapturePaymentForm,
    "cancel-items": CancelItemsForm,
    "cancel": CancelForm,
    "tracking": TrackingForm,
    "note": NoteForm,
}
