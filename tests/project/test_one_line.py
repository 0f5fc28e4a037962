"""Names, reasons and other texts of one line hold no line breaks and no invisible characters."""

from collections.abc import Iterator

import pytest
from django import forms

import microflight.urls  # noqa: F401 (imports every form)
from microflight.core.forms import LineField

OURS = {"accounts", "catalog", "checkout", "policies"}
#: Texts of one line that are not stored as they were typed.
NOT_STORED = {"code", "more", "shipping_method", "username"}


def _forms(base: type = forms.BaseForm) -> Iterator[type]:
    for form in base.__subclasses__():
        yield form
        yield from _forms(form)


def _lines() -> list[tuple[str, forms.Field]]:
    """Return the text fields of our forms that show one line. Model forms of the admin get their
    fields from `EditableAdmin`."""
    return [
        (f"{form.__name__}.{name}", field)
        for form in sorted(set(_forms()), key=str)
        if form.__module__.split(".")[0] in OURS and not issubclass(form, forms.BaseModelForm)
        for name, field in form.base_fields.items()  # type: ignore[attr-defined]
        if isinstance(field, forms.CharField)
        and not isinstance(field, forms.EmailField)
        and isinstance(field.widget, forms.TextInput)
        and name not in NOT_STORED
    ]


def test_text_fields_of_one_line_reject_line_breaks() -> None:
    fields = _lines()
    assert len(fields) > 50
    assert [name for name, field in fields if not isinstance(field, LineField)] == []


@pytest.mark.parametrize("name", ["SignUpForm.name", "RefundForm.reason", "FindForm.number"])
def test_line_break_and_invisible_characters_in_a_line(name: str) -> None:
    field = next(field for found, field in _lines() if found == name)
    with pytest.raises(forms.ValidationError, match="Use one line"):
        field.clean("Dana\r\nBcc: eve")
    assert field.clean("D\u202ea\u200bna\u00a0 M") == "Dana M"
