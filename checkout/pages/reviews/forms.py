"""A review, as its author sees it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.reviews.models import SCORES, ProductReview
from microflight.core.forms import LineField

_WORDS = {1: _("poor"), 2: _("fair"), 3: _("good"), 4: _("very good"), 5: _("excellent")}


class ReviewForm(forms.ModelForm):
    """Write or change a review."""

    score = forms.TypedChoiceField(
        label=_("Score"),
        choices=[(score, f"{text} – {_WORDS[score]}") for score, text in reversed(SCORES)],
        coerce=int,
        widget=forms.RadioSelect,
    )
    title = LineField(label=_("Title"), max_length=120)
    name = LineField(
        label=_("Name to show"),
        help_text=_("For example your first name, or a nickname."),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )

    class Meta:
        model = ProductReview
        fields = ["score", "title", "body", "name"]
