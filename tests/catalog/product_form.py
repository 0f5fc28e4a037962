"""The form of a product in the admin, as staff submit it."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from catalog.models import AttributeOptionGroup, Category, ProductClass
from tests.admin_forms import fields_of

ADD = reverse("admin:catalogue_product_add")


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
        **no_rows("facts"), **no_rows("children"), **no_rows("external_offers"),
        **no_rows("kit_components"),
        **changes,
    }  # fmt: skip


def errors_of(answer: Any) -> str:
    """Return the form's errors, for the message of a failing test."""
    context = answer.context or {}
    form = context.get("adminform")
    return f"{form and form.form.errors} {context.get('errors')}"


def option(attribute: str, name: str) -> int:
    """Return the ID of an option."""
    group = AttributeOptionGroup.objects.get(code=attribute)
    return group.options.get(option=name).pk


def typed(paint: ProductClass, category: Category, **changes: Any) -> dict[str, Any]:
    """Return what is typed for paint with price and stock."""
    data = form_for(category, title="Paint", upc="MF-P", attribute_maker="Humbrol") | {
        "product_type": paint.pk,
        "stockrecords-TOTAL_FORMS": 1,
        "stockrecords-0-regular_price": "4.50",
        "stockrecords-0-num_in_stock": "10",
        "facts-TOTAL_FORMS": 1,
        "facts-0-battery": "none",
    }
    return data | changes


def generated(staff: Client, data: dict[str, Any]) -> dict[str, Any]:
    """Press “Generate variants”; return what the page then has."""
    answer = staff.post(ADD, data | {"_generate": "1"})
    assert answer.status_code == 200
    assert answer.context["errors"] == []
    return fields_of(answer.content.decode())


def png(colour: str = "white") -> SimpleUploadedFile:
    """Return an image of 40 x 30 pixels."""
    file = BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, "PNG")
    return SimpleUploadedFile("motor.png", file.getvalue(), "image/png")
