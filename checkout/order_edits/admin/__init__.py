"""Edits of orders, in the admin of orders."""

from typing import Any

from checkout.offline.admin.orders import StaffOrderAdmin
from checkout.order_edits.admin.address_form import AddressForm
from checkout.order_edits.admin.forms import DuplicateForm, HoldForm, ReleaseForm
from checkout.order_edits.admin.items_form import EditItemsForm
from checkout.order_edits.admin.refund_form import RefundItemsForm
from checkout.order_edits.admin.return_form import OpenReturnForm

__all__ = ["EDITS"]

#: The edits of an order, by their name in the URL.
EDITS: dict[str, Any] = {
    "edit-items": EditItemsForm,
    "address": AddressForm,
    "hold": HoldForm,
    "release": ReleaseForm,
    "refund-items": RefundItemsForm,
    "return": OpenReturnForm,
    "duplicate": DuplicateForm,
}

StaffOrderAdmin.record_actions.update(EDITS)
