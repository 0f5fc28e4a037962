"""The box at the end of other forms: never ticked beforehand."""

from collections.abc import Mapping
from typing import Any

from django import forms

from accounts.newsletter.models import Source
from accounts.newsletter.wordings import WORDINGS, seal


class Checkbox(forms.CheckboxInput):
    """A box that comes back with the seal of the words beside it; any other tick is none.

    Templates know a box by the name of its class.
    """

    def __init__(self, wording: str) -> None:
        self.seal = seal(wording)
        super().__init__(attrs={"value": self.seal, "autocomplete": "off"})

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        """Return whether the box was ticked beside our present words."""
        return data.get(name) == self.seal


class LettersField(forms.BooleanField):
    """Whether somebody who fills in another form asks for letters, too."""

    def __init__(self, *, source: Source, **more: Any) -> None:
        wording = WORDINGS[source]
        super().__init__(label=wording, required=False, widget=Checkbox(wording), **more)


class CheckoutLetters(forms.Form):
    """The box of the checkout."""

    letters = LettersField(source=Source.CHECKOUT)

    @property
    def ticked(self) -> bool:
        """Return whether letters are asked for."""
        return self.is_valid() and bool(self.cleaned_data["letters"])
