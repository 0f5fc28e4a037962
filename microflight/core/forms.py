"""What forms of several packages share."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from microflight.core.bounds import FIRST_DAY, LAST_DAY
from microflight.core.email_address import check_deliverable, in_ascii
from microflight.core.text import one_line


class WholeTextBoundField(forms.BoundField):
    """A field without `maxlength`: browsers cut pasted text there, and say nothing."""

    def as_widget(self, widget: Any = None, *args: Any, **options: Any) -> SafeString:
        """Render the field; text that is too long comes back with an error."""
        (widget or self.field.widget).attrs.pop("maxlength", None)
        return super().as_widget(widget, *args, **options)


class FormRenderer(DjangoTemplates):
    """Django's renderer with our bound field, for every form (setting FORM_RENDERER)."""

    bound_field_class = WholeTextBoundField


class LineField(forms.CharField):
    """A name or another text of one line, see `one_line`. Browsers send no line breaks in one."""

    def to_python(self, value: Any) -> Any:
        """Return the text as it is stored."""
        if value in self.empty_values:
            return super().to_python(value)
        if len(str(value).strip().splitlines()) > 1:
            raise ValidationError(_("Use one line."), code="one_line")
        return super().to_python(one_line(str(value)))


class LongNumberField(LineField):
    """A tracking number, which may look like a card number (see `card_numbers`)."""

    takes_long_numbers = True


class EmailField(forms.EmailField):
    """An email address that we can send to, see `email_address`."""

    default_validators = [check_deliverable]

    def to_python(self, value: Any) -> Any:
        """Return the address as it is stored."""
        text = super().to_python(value)
        return in_ascii(text) if text else text


_OTHER_YEAR = _("Enter a day from %(first)s to %(last)s.")


def check_year(day: date) -> None:
    """Reject days that time zones and working days leave no room for. Raises ValidationError."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValidationError(_OTHER_YEAR, params={"first": FIRST_DAY, "last": LAST_DAY})


class DateField(forms.DateField):
    """A day that staff enter."""

    default_validators = [check_year]


class SplitDateTimeField(forms.SplitDateTimeField):
    """A day and time that staff enter, in shop time."""

    def compress(self, data_list: Any) -> Any:
        """Return the moment. Raises ValidationError."""
        if data_list and data_list[0]:
            check_year(data_list[0])
        return super().compress(data_list)


def mark_first_error(*parts: forms.Form) -> None:
    """Set autofocus on the first field with an error."""
    for part in parts:
        for name in part.fields:
            if part.is_bound and name in part.errors:
                part.fields[name].widget.attrs["autofocus"] = True
                return
