"""Add or correct the carrier and tracking number of each shipment of an order."""

import json
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from checkout.fulfilment import tracking
from checkout.fulfilment.admin.forms import OrderActionForm
from checkout.fulfilment.tracking import Correction, Tracking
from checkout.order.models import Order, ShippingEvent
from microflight.core.forms import LineField, LongNumberField


class TrackingForm(OrderActionForm):
    """Carrier and tracking number of each shipment, as they are now."""

    permission = "order.ship_order"
    title = _("Correct tracking numbers")
    button = _("Save tracking numbers")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shipments: list[ShippingEvent] = list(self.order.shipping_events.order_by("pk"))
        for event in self.shipments:
            self._add_fields(event)
        self.fields["notify"] = forms.BooleanField(
            label=_("Email the customer about the change"), required=False
        )

    def _add_fields(self, event: ShippingEvent) -> None:
        stored, name = tracking.tracking_of(event), tracking.shipment_name(event)
        for part, label, field in (
            ("carrier", gettext("carrier"), LineField),
            ("number", gettext("tracking number"), LongNumberField),
        ):
            self.fields[f"{part}_{event.pk}"] = field(
                label=f"{name}: {label}",
                max_length=64,
                required=False,
                initial=getattr(stored, part),
            )
        self.fields[f"seen_{event.pk}"] = LongNumberField(
            required=False, initial=json.dumps(stored), widget=forms.HiddenInput
        )

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        """Tell whether something has shipped."""
        return subject.shipping_events.exists()

    def clean(self) -> dict[str, Any]:
        """Reject what another person corrected after the page was opened, with both values."""
        data = super().clean() or {}
        for event in self.shipments:
            stored, new = tracking.tracking_of(event), self._entered(event)
            if stored not in (self._seen(event), new) and new != self._seen(event):
                shown = cast(QueryDict, self.data).copy()
                shown[f"seen_{event.pk}"] = json.dumps(stored)
                self.data = shown  # submitting again replaces what is shown now
                self.add_error(f"number_{event.pk}", tracking.changed_meanwhile(event, new))
        return data

    def _entered(self, event: ShippingEvent) -> Tracking:
        data, stored = self.cleaned_data, tracking.tracking_of(event)
        return Tracking(
            data.get(f"carrier_{event.pk}", stored.carrier),
            data.get(f"number_{event.pk}", stored.number),
        )

    def _seen(self, event: ShippingEvent) -> Tracking | None:
        """Return what the page showed; None if it does not tell."""
        try:
            return Tracking(*map(str, json.loads(self.cleaned_data.get(f"seen_{event.pk}", ""))))
        except (ValueError, TypeError):
            return None

    def perform(self, by: User) -> str:
        corrections = {
            event.pk: Correction(seen=seen, new=self._entered(event))
            for event in self.shipments
            if (seen := self._seen(event)) is not None and self._entered(event) != seen
        }
        notify = self.cleaned_data["notify"]
        changed = tracking.correct_tracking(
            order=self.order, corrections=corrections, notify=notify, by=by
        )
        count = len(changed)
        text = ngettext("%(count)d shipment corrected.", "%(count)d shipments corrected.", count)
        done = text % {"count": count}
        return f"{done} {gettext('The customer is notified by email.')}" if notify else done
