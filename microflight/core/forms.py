"""What forms of several packages share."""

from django import forms


def mark_first_error(*parts: forms.Form) -> None:
    """Set autofocus on the first field with an error."""
    for part in parts:
        for name in part.fields:
            if part.is_bound and name in part.errors:
                part.fields[name].widget.attrs["autofocus"] = True
                return
