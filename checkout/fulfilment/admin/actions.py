"""The actions on an order, by their name in the URL, in the order in which staff need them."""

from checkout.fulfilment.admin.forms import (
    CancelForm,
    CapturePaymentForm,
    NoteForm,
    OrderActionForm,
    RefundForm,
    TagsForm,
)
from checkout.fulfilment.admin.quantity_forms import CancelItemsForm, CreateShipmentForm
from checkout.fulfilment.admin.tracking_form import TrackingForm

ACTIONS: dict[str, type[OrderActionForm]] = {
    "ship": CreateShipmentForm,
    "tracking": TrackingForm,
    "note": NoteForm,
    "tags": TagsForm,
    "refund": RefundForm,
    "capture": CapturePaymentForm,
    "cancel-items": CancelItemsForm,
    "cancel": CancelForm,
}
