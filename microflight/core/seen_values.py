"""Forms of actions that change what two people may change at once (see `edit_conflicts`)."""

from typing import Any, cast

from django import forms
from django.core import signing
from django.http import QueryDict
from django.utils.translation import gettext

from microflight.core.edit_conflicts import Fingerprints, fingerprint

_SEEN = "seen"


class SeenValuesForm(forms.Form):
    """Keeps what only another person changed, and rejects what both changed, with both values.

    Fields are compared with their initial values. Saving again replaces the other value. Call
    `remember_values` once all fields are there.
    """

    def remember_values(self) -> None:
        """Add the hidden field with what the page shows."""
        self.stored = {
            name: fingerprint(field, self.get_initial_for_field(field, name))
            for name, field in self.fields.items()
        }
        self.fields[_SEEN] = forms.CharField(
            required=False, widget=forms.HiddenInput, initial=_signed(self.stored)
        )

    def clean(self) -> dict[str, Any]:
        """Compare each value with what the page showed and with what is stored now."""
        data = super().clean() or {}
        seen = self._seen()
        conflicts = []
        for name in [each for each in self.stored if each in data]:
            now, typed = self.stored[name], fingerprint(self.fields[name], data[name])
            if now in (seen.get(name), typed):
                continue
            if typed == seen.get(name):
                data[name] = self.fields[name].clean(self._initial(name))
            else:
                conflicts.append(name)
                self.add_error(name, self._conflict(name))
        if removed := [name for name in seen if name not in self.fields and self.data.get(name)]:
            self._reject_removed(removed, seen)
        if conflicts or removed:
            shown = cast(QueryDict, self.data).copy()
            shown[_SEEN] = _signed(self.stored)  # submitting again replaces what is shown now
            self.data = shown
        return data

    def _seen(self) -> Fingerprints:
        try:
            return dict(signing.loads(self.data.get(_SEEN, ""), salt=_SEEN))
        except signing.BadSignature:
            return {}

    def _initial(self, name: str) -> Any:
        field = self.fields[name]
        return field.prepare_value(self.get_initial_for_field(field, name))

    def _conflict(self, name: str) -> str:
        text = gettext(
            "Someone else changed this to “%(theirs)s” after you opened the page. Save again to "
            "replace it with “%(yours)s”."
        )
        return text % {"theirs": self._initial(name) or "", "yours": self.data.get(name, "")}

    def _reject_removed(self, names: list[str], seen: Fingerprints) -> None:
        """Reject a value for what another person removed, unless it was left as it was."""
        plain = forms.CharField()
        for name in names:
            if fingerprint(plain, self.data[name]) != seen[name]:
                text = gettext("Someone else removed an item after you opened the page: check it.")
                self.add_error(None, text)
                return


def _signed(values: Fingerprints) -> str:
    return signing.dumps(values, salt=_SEEN, compress=True)
