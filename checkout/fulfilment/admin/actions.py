"""The actions on an order, by their name in the URL."""

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

#: The order of the buttons: what staff need most comes first. The actions of higher packages, too;
#: others follow at the end.
BUTTONS = (
    "accept", "items", "customer", "shipping", "quote", "payment", "reopen",  # until it is paid
    "ship", "address", "edit-items", "hold", "release",  # until it ships
    "tracking", "return", "note", "tags", "refund-items", "refund",
    "cancel-items", "cancel", "capture", "duplicate",
)  # fmt: skip
