"""Numbers as people type them: `3,6`, `1 234.50`, `1.234,50`, full-width digits.

A comma or a point is the decimal separator; spaces, points, commas and apostrophes between groups
of three digits separate thousands. `1,234` could be either and is rejected; a single point, as in
`1.234`, is always decimal, as in Canada.
"""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

AMBIGUOUS = _("Is the comma decimal, or does it separate thousands? Write %(part)s or %(whole)s.")
#: Other apostrophes, and the decimal and thousands separators of Arabic digits.
_SEPARATORS = str.maketrans("\u2019\u066b\u066c", "'.'")
_GROUPED = re.compile(r"(?<!\d)([+-]?\d{1,3}(?: \d{3})+)(?!\d| \d)")
_THOUSANDS = re.compile(r"([+-]?\d{1,3}(?:([ ,.'])\d{3})(?:\2\d{3})*)(?:([.,])(\d+))?")
_PLAIN = re.compile(r"[+-]?(?:\d+[.,]?\d*|[.,]\d+)")


def plain_number(text: str) -> str:
    """Return a number in Python's notation; what is no number is returned as it is.

    Raises ValidationError for an ambiguous number.
    """
    typed = fold_digits(text).strip()
    if re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", typed):
        values = {"whole": typed.replace(",", ""), "part": typed.replace(",", ".")}
        raise ValidationError(AMBIGUOUS, code="ambiguous", params=values)
    if _PLAIN.fullmatch(typed):
        return typed.replace(",", ".")
    found = _THOUSANDS.fullmatch(typed)
    if found and found[2] != found[3]:
        whole = re.sub("[ ,.']", "", found[1])
        return f"{whole}.{found[4]}" if found[4] else whole
    return text


def fold_digits(text: str) -> str:
    """Return text with ASCII digits, signs and spaces: `１，５` becomes `1,5`, `−` becomes `-`."""
    folded = re.sub("[\uff01-\uff5e]", lambda found: chr(ord(found[0]) - 0xFEE0), text)
    folded = re.sub("[\u2010-\u2015\u2212]", "-", folded).translate(_SEPARATORS)
    digits = (str(unicodedata.decimal(one)) if one.isdecimal() else one for one in folded)
    return re.sub(r"\s", " ", "".join(digits))


def join_thousands(text: str) -> str:
    """Return text in which spaces no longer separate thousands: `1 000 mAh` becomes `1000 mAh`."""
    return _GROUPED.sub(lambda found: found[1].replace(" ", ""), fold_digits(text))


class NumberInput(forms.TextInput):
    """A text field with a numeric keypad. `type=number` drops what it does not understand."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "decimal", "autocomplete": "off", **(attrs or {})})


class _TypedNumber(forms.Field):
    """Mixed into Django's number fields."""

    def to_python(self, value: Any) -> Any:
        """Read the number as it was typed."""
        return super().to_python(plain_number(value) if isinstance(value, str) else value)


class IntegerField(_TypedNumber, forms.IntegerField):
    """A whole number as people type it."""

    widget = NumberInput


class DecimalField(_TypedNumber, forms.DecimalField):
    """A decimal number as people type it."""

    widget = NumberInput


class FloatField(_TypedNumber, forms.FloatField):
    """A floating-point number as people type it."""

    widget = NumberInput
