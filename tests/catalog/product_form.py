"""The form of a product in the admin, as staff submit it."""

from typing import Any

from catalog.models import Category


def no_rows(prefix: str) -> dict[str, Any]:
    """Return the form data of an inline without rows."""
    return {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}


def form_for(category: Category, **changes: Any) -> dict[str, Any]:
    """Return the form data of a motor without stock or images."""
    return {
        "title": "Motor 4 mm", "upc": "MF-M4", "slug": "", "is_public": "on", "description": "x",
        "weight_g": "0.6", "priority": "0",
        "categories": [category.pk], "attribute_voltage": "3.7", "attribute_brushed": "true",
        **no_rows("stockrecords"), **no_rows("images"), **no_rows("primary_recommendations"),
        **no_rows("facts"), **no_rows("external_offers"), **no_rows("kit_components"),
        **changes,
    }  # fmt: skip


def errors_of(answer: Any) -> str:
    """Return the form's errors, for the message of a failing test."""
    context = answer.context or {}
    form = context.get("adminform")
    return f"{form and form.form.errors} {context.get('errors')}"
