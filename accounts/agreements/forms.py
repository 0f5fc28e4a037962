"""The box to tick: a part of other forms, and a form of its own."""

from typing import Any

from django import forms

from accounts.agreements.offers import Offer

CHANGED = "Our policies have just changed: read them and tick anew."


class AgreementFields(forms.Form):
    """The texts that the page showed, and the tick beside them.

    A tick that was set beside other texts, or other words, is none: the form then shows the
    present ones. Subclasses say by `offered` what is put before the visitor.
    """

    policies = forms.CharField(widget=forms.HiddenInput, required=False)
    agreed = forms.BooleanField()
    missing: Any = "Tick the box: we need your agreement."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer = self.offered()
        self.changed = False
        if not self.offer.versions:
            del self.fields["policies"], self.fields["agreed"]
            return
        self.initial["policies"] = self.offer.shown
        box = self.fields["agreed"]
        box.label, box.help_text = self.offer.label, self.offer.links
        box.error_messages["required"] = self.missing
        if self.is_bound and self.data.get("policies") != self.offer.shown:
            self._show_anew(box)

    def offered(self) -> Offer:
        """Return the texts to agree to; with none the form has no box."""
        raise NotImplementedError

    def _show_anew(self, box: forms.Field) -> None:
        self.changed = bool(self.data.get("policies"))
        if self.changed:
            box.error_messages["required"] = CHANGED
        sent: Any = self.data.copy()  # type: ignore[attr-defined]  # stubs know a plain mapping
        sent["policies"] = self.offer.shown
        sent.pop("agreed", None)
        self.data = sent


class AgainForm(AgreementFields):
    """The box on the page between log-in and the shop."""

    missing: Any = "Tick the box to go on, or log out."

    def __init__(self, *args: Any, offer: Offer, **kwargs: Any) -> None:
        self._due = offer
        super().__init__(*args, **kwargs)

    def offered(self) -> Offer:
        """Return the texts that changed for this account."""
        return self._due
