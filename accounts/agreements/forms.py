"""The checkbox to accept policies: fields for other forms, and the reacceptance form."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.agreements.required_policies import RequiredPolicies
from accounts.agreements.services import CHANGED


class AcceptanceFields(forms.Form):
    """A checkbox, and a hidden field that says which versions and label the page showed.

    If these have changed since, the form is invalid and shows the current ones, unchecked.
    Subclasses return the policies from `required_policies`.
    """

    policies = forms.CharField(widget=forms.HiddenInput, required=False)
    agreed = forms.BooleanField()
    missing: Any = _("Check the box to accept our policies.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.required_policies = self.get_required_policies()
        self.changed = False
        if not self.required_policies.versions:
            del self.fields["policies"], self.fields["agreed"]
            return
        self.initial["policies"] = self.required_policies.fingerprint
        box = self.fields["agreed"]
        box.label = self.required_policies.linked_label
        box.error_messages["required"] = self.missing
        if self.is_bound and self.data.get("policies") != self.required_policies.fingerprint:
            self._show_current(box)

    def get_required_policies(self) -> RequiredPolicies:
        """Return the policies to accept; if there are none, the form has no checkbox."""
        raise NotImplementedError

    def _show_current(self, box: forms.Field) -> None:
        self.changed = bool(self.data.get("policies"))
        if self.changed:
            box.error_messages["required"] = CHANGED
        sent: Any = self.data.copy()  # type: ignore[attr-defined]  # stubs know a plain mapping
        sent["policies"] = self.required_policies.fingerprint
        sent.pop("agreed", None)
        self.data = sent


class ReacceptanceForm(AcceptanceFields):
    """The checkbox on the page after login."""

    missing: Any = _("Check the box to continue, or log out.")

    def __init__(self, *args: Any, policies: RequiredPolicies, **kwargs: Any) -> None:
        self._due = policies
        super().__init__(*args, **kwargs)

    def get_required_policies(self) -> RequiredPolicies:
        """Return the policies that have changed for this account."""
        return self._due
